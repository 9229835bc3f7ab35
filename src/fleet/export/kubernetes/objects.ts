/**
 * The objects of Kubernetes that are made here, with the types of the package kubernetes-models, so
 * that the compiler refuses a key that Kubernetes does not have. Nothing of that package is loaded.
 */
import type { IDeployment, IStatefulSet } from 'kubernetes-models/apps/v1';
import type { ICronJob } from 'kubernetes-models/batch/v1';
import type { IContainer, IEnvVar, IPodTemplateSpec, IProbe, IService } from 'kubernetes-models/v1';

export type CronJob = ICronJob;
export type Deployment = IDeployment;
export type StatefulSet = IStatefulSet;
export type Service = IService;
export type Container = IContainer;
export type EnvironmentVariable = IEnvVar;
export type Probe = IProbe;
export type PodTemplate = IPodTemplateSpec;

export type KubernetesObject = CronJob | Deployment | StatefulSet | Service;
