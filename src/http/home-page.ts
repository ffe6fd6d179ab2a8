/** What `GET /` says. */
export const HOME_PAGE = `Paramedic

POST /webhook     Alertmanager and Grafana Alerting deliver here (with the webhook's credentials)
GET  /metrics     for Prometheus
GET  /-/healthy   200 while this process serves
GET  /-/ready     200 when deliveries can be taken, else 503 and the reason
POST /-/reload    reads the configuration again (with the queue UI's login)
GET  /api/v1/brakes      what holds recoveries back (with the queue UI's login, as all of these)
POST /api/v1/pause, /api/v1/resume, /api/v1/recoveries/ID/ack
GET  /queues      the queue UI: look at the jobs, retry what failed (with its own login)
`;
