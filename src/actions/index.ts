import type { Action } from '../domain/action.ts';
import { backupContainer } from './backup/container.ts';
import { backupCronJob } from './backup/cronjob.ts';
import { backupDaemonSet } from './backup/daemonset.ts';
import { backupDeployment } from './backup/deployment.ts';
import { backupHorizontalPodAutoscaler } from './backup/horizontalpodautoscaler.ts';
import { backupJob } from './backup/job.ts';
import { backupNode } from './backup/node.ts';
import { backupPersistentVolumeClaim } from './backup/persistentvolumeclaim.ts';
import { backupPod } from './backup/pod.ts';
import { backupService } from './backup/service.ts';
import { backupStatefulSet } from './backup/statefulset.ts';
import { cordonNode } from './cordon/node.ts';
import { deletePodOfDeployment } from './delete-pod/deployment.ts';
import { deletePodOfStatefulSet } from './delete-pod/statefulset.ts';
import { deletePodOfDaemonSet } from './delete-pod/daemonset.ts';
import { deletePod } from './delete-pod/pod.ts';
import { drainNode } from './drain/node.ts';
import { redeployContainer } from './redeploy/container.ts';
import { redeployDaemonSet } from './redeploy/daemonset.ts';
import { redeployDeployment } from './redeploy/deployment.ts';
import { redeployStatefulSet } from './redeploy/statefulset.ts';
import { removeAroundDaemonSet } from './remove/daemonset.ts';
import { removeAroundDeployment } from './remove/deployment.ts';
import { removeAroundStatefulSet } from './remove/statefulset.ts';
import { rerunJob } from './rerun-job/job.ts';
import { restartContainer } from './restart/container.ts';
import { restartDeployment } from './restart/deployment.ts';
import { restartStatefulSet } from './restart/statefulset.ts';
import { restartDaemonSet } from './restart/daemonset.ts';
import { restoreDataContainer } from './restore-data/container.ts';
import { restoreDataDeployment } from './restore-data/deployment.ts';
import { restoreDataPersistentVolumeClaim } from './restore-data/persistentvolumeclaim.ts';
import { restoreDataStatefulSet } from './restore-data/statefulset.ts';
import { restoreService } from './restore/service.ts';
import { rollbackContainer } from './rollback/container.ts';
import { rollbackDeployment } from './rollback/deployment.ts';
import { rollbackStatefulSet } from './rollback/statefulset.ts';
import { rollbackDaemonSet } from './rollback/daemonset.ts';
import { runJobDeployment } from './run-job/deployment.ts';
import { runJobStatefulSet } from './run-job/statefulset.ts';
import { runJobDaemonSet } from './run-job/daemonset.ts';
import { runJobJob } from './run-job/job.ts';
import { runJobCronJob } from './run-job/cronjob.ts';
import { runJobPersistentVolumeClaim } from './run-job/persistentvolumeclaim.ts';
import { runJobHorizontalPodAutoscaler } from './run-job/horizontalpodautoscaler.ts';
import { runJobNode } from './run-job/node.ts';
import { runJobPod } from './run-job/pod.ts';
import { runJobService } from './run-job/service.ts';
import { scaleDeployment } from './scale/deployment.ts';
import { scaleStatefulSet } from './scale/statefulset.ts';
import { startContainer } from './start/container.ts';
import { uncordonNode } from './uncordon/node.ts';
import { unpauseContainer } from './unpause/container.ts';

/** Every action there is: a folder for the verb, a file in it for the kind of target. */
export const actions: readonly Action[] = [
  backupContainer,
  backupCronJob,
  backupDaemonSet,
  backupDeployment,
  backupHorizontalPodAutoscaler,
  backupJob,
  backupNode,
  backupPersistentVolumeClaim,
  backupPod,
  backupService,
  backupStatefulSet,
  cordonNode,
  deletePodOfDeployment,
  deletePodOfStatefulSet,
  deletePodOfDaemonSet,
  deletePod,
  drainNode,
  redeployContainer,
  redeployDeployment,
  redeployStatefulSet,
  redeployDaemonSet,
  removeAroundDeployment,
  removeAroundStatefulSet,
  removeAroundDaemonSet,
  rerunJob,
  restartContainer,
  restartDeployment,
  restartStatefulSet,
  restartDaemonSet,
  restoreDataContainer,
  restoreDataDeployment,
  restoreDataPersistentVolumeClaim,
  restoreDataStatefulSet,
  restoreService,
  rollbackContainer,
  rollbackDeployment,
  rollbackStatefulSet,
  rollbackDaemonSet,
  runJobDeployment,
  runJobStatefulSet,
  runJobDaemonSet,
  runJobJob,
  runJobCronJob,
  runJobPersistentVolumeClaim,
  runJobHorizontalPodAutoscaler,
  runJobNode,
  runJobPod,
  runJobService,
  scaleDeployment,
  scaleStatefulSet,
  startContainer,
  uncordonNode,
  unpauseContainer,
];
