/** What `GET /` says. */
export const HOME_PAGE = `Paramedic

POST /webhook     Alertmanager and Grafana Alerting deliver here (with the webhook's credentials)
GET  /metrics     for Prometheus
GET  /-/healthy   200 while this process serves
GET  /-/ready     200 when deliveries can be taken, else 503 and the reason
POST /-/reload    reads the configuration again (with the queue UI's login)
GET  /queues      the queue UI: look at the jobs, retry what failed (with its own login)
`;
