/** An Alertmanager body of `count` alerts, about 1 KB each. */
export function payload(count) {
  const alerts = Array.from({ length: count }, (_, i) => ({
    status: 'firing',
    labels: {
      alertname: 'ContainerDown',
      cluster: 'edge',
      severity: 'critical',
      name: `web-${i}`,
      instance: 'edge-1:9323',
      job: 'docker',
      container_label_com_docker_compose_project: 'shop',
      container_label_com_docker_compose_service: `web-${i}`,
      image: 'registry.example/shop/web:2026.11.22-1f2e3d4c',
      prometheus: 'monitoring/main',
    },
    annotations: {
      summary: `Container web-${i} on edge-1 is down`,
      description: `Container web-${i} of project shop has been down for more than one minute. ${'It was running before. '.repeat(8)}`,
      runbook_url: 'https://runbooks.example/docker/container-down',
    },
    startsAt: new Date(Date.UTC(2026, 10, 22, 10) - i * 1009).toISOString(),
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL:
      'http://prometheus:9090/graph?g0.expr=paramedic_container_state%7Bstate%3D%22running%22%7D+%3D%3D+0&g0.tab=1',
    fingerprint: i.toString(16).padStart(16, 'a'),
  }));
  const common = { alertname: 'ContainerDown', cluster: 'edge' };
  return JSON.stringify({
    version: '4',
    groupKey: '{}:{alertname="ContainerDown", cluster="edge"}',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'paramedic',
    groupLabels: common,
    commonLabels: common,
    commonAnnotations: {},
    externalURL: 'http://alertmanager:9093',
    alerts,
  });
}
