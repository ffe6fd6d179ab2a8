export interface SnippetInput {
  /** Our webhook as Alertmanager reaches it: `http://paramedic:9095/webhook`. */
  readonly url: string;
  /** Where Alertmanager reads the token; absent when the webhook takes none. */
  readonly tokenFile?: string;
}

/** What an operator merges into `alertmanager.yml`: a receiver, and a route to it ahead of the existing ones. */
export function alertmanagerSnippet({ url, tokenFile }: SnippetInput): string {
  // A JSON string is a YAML string too, whatever is in it.
  const authorization =
    tokenFile === undefined
      ? ''
      : `
        http_config:
          authorization:
            credentials_file: ${JSON.stringify(tokenFile)}   # as Alertmanager sees it: a copy, where it runs elsewhere`;
  const here = /^https?:\/\/(127\.|localhost\b|\[::1\])/.test(url)
    ? '   # for an Alertmanager on this host: from elsewhere, in Kubernetes too, we have another name'
    : '';
  return `route:
  receiver: on-call                # yours: keep it, and every route below it
  routes:
    - receiver: paramedic          # first, so that it sees every alert
      continue: true               # and the humans still get theirs
      group_by: [alertname, cluster, namespace]
      group_wait: 10s
      group_interval: 1m
      repeat_interval: 15m
receivers:
  - name: on-call                  # yours: keep it
  - name: paramedic
    webhook_configs:
      - url: ${JSON.stringify(url)}${here}
        send_resolved: true${authorization}
`;
}
