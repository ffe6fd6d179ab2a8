/** What `GET /` says to who does not ask for HTML. */
export const HOME_PAGE = `Paramedic

GET  /            this list; for a browser the recoveries, with buttons (with the queue UI's login)
GET  /recoveries/ID      one recovery, for a browser (with the queue UI's login)
POST /webhook     Alertmanager and Grafana Alerting deliver here (with the webhook's credentials)
GET  /metrics     for Prometheus
GET  /-/healthy   200 while this process serves
GET  /-/ready     200 when deliveries can be taken, else 503 and the reason
POST /-/reload    reads the configuration again (with the queue UI's login)
GET  /api/v1/brakes      what holds recoveries back (with the queue UI's login, as all of these)
GET  /api/v1/recoveries, /api/v1/recoveries/ID, /api/v1/recoveries/ID/evidence
POST /api/v1/recoveries  begins one by hand
POST /api/v1/recoveries/ID/approve, …/reject, …/cancel, …/retry, …/ack
POST /api/v1/pause, /api/v1/resume
GET  /queues      the queue UI: look at the jobs, retry what failed (with its own login)
`;
