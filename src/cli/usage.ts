/** What there is, for whoever asks, or says something that there is not. */
export const usage = `usage: paramedic COMMAND

  serve [--config FILE]            take alerts and look after what is broken; without a file: observe only
  check-config FILE                every mistake of a configuration, by line; exit code 2 when there is one
  explain PAYLOAD.json [--json]    what would be done about a stored webhook payload; nothing is changed
  explain FINGERPRINT|EPISODE      what was decided about an alert and came of it, by the Paramedic that runs here
  explain --alertmanager URL       the same for every alert that is firing there now
          [--config FILE]          explain with this configuration instead of what is found here

  To the Paramedic that runs here (--config FILE, --url URL: to another one):
  brakes                           what holds recoveries back until somebody says otherwise
  pause SCOPE [--reason TEXT]      change nothing: global, docker/ENGINE, kubernetes/CLUSTER/NAMESPACE
  resume SCOPE|storm               take a pause back, or end a storm
  ack RECOVERY                     somebody has looked: its page ends, its budget is free again
  recoveries list [--json]         what waits for approval, is under way, has ended
  recoveries show ID               one of them, all of it [--json], or what was read before its first change [--evidence]
  recoveries approve ID            carry out the plan that waits; reject ID [--reason TEXT]: do not
  recoveries cancel ID             change nothing more [--reason TEXT]; retry ID: begin anew; ack ID: as above
  known-good list|show|diff TARGET what was healthy, since when, and what changed since [--json]
  backup NAME [--any-size]         back a source up, and wait until that was read back; half of the usual size is in
                                   quarantine, unless any is right [--take-over: go on where another Paramedic was]
  backups list|show ID|cancel ID   how things stand, or an end; backups snapshots NAME: what is in its repository [--json]
  drill NAME [--point SNAPSHOT]    bring a recovery point back to a scratch place, to see that it can be
  restore NAME [--point SNAPSHOT]  put the newest recovery point (or that snapshot) in the place of what is there, which is
          [--dry-run] [--yes]      saved before [--lose-present: is not]; [--unverified] also one that is no recovery point
          [--override paused|mode|protected --reason TEXT]: where that holds it
  restore --all --from LOCATION    make an empty engine of all that a repository holds; needs nothing but that and its
          --password-file FILE     password: no server, no configuration [--docker HOST] [--into-existing] [--dry-run] [--yes]
  restore --own --from LOCATION    what Paramedic itself knew and was told, where none runs: to [--redis URL|--redis-file FILE] or
          --password-file FILE     [--data-dir DIR], its files to [--config-to DIR] [--no-pause] [--dry-run] [--yes]
  recover --target KEY             begin one by hand, with --playbook NAME or --action VERB; [--dry-run] only plans
          [--override GUARDRAIL]   do not let that guardrail hold it; with --reason TEXT, and written down
  audit [--since 24h] [--json]     who did what: people and Paramedic itself`;
