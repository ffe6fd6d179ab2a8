import { expect, it } from 'vitest';
import { changed, gone, now, recalled } from '../../../test/fakes/recalled.ts';
import { settings, web } from '../../../test/fakes/remembered.ts';
import { oneIll, workload } from '../../../test/fakes/workload-state.ts';
import type { Change } from '../../domain/known-good.ts';
import { no } from '../../domain/verdict.ts';
import { planPutBack } from './plan-put-back.ts';

const db = 'kubernetes/prod/shop/deployment/db';
const missing = workload({ pods: [], desired: 1, gone: true });
const target = { kind: 'deployment', key: web };
const planned = (changes: readonly Change[], state = workload({ pods: oneIll })) =>
  planPutBack({ target, state, now }, { recall: recalled(changes), protectedNamespaces: [], autoscaler: null });
const about = 'nothing of deployment shop/checkout is put back';
const isForRedeploy = (key: string) =>
  `it is gone, and somebody may have wanted that; what makes it anew, when a human says yes, is redeploy: paramedic recover --target ${key} --action redeploy`;

it('is not made anew, nor is anything put back around it: a human says yes to redeploy', () => {
  const why = no(`${about}: ${isForRedeploy(web)}`);
  expect(planned([gone(web)], missing)).toEqual(why);
  expect(planned([gone(web), gone(settings)], missing)).toEqual(why);
  expect(planned([gone(settings)], missing)).toEqual(why);
});

it('is looked at again when it went, or came back, while it was looked at', () => {
  const image = changed(web, '/spec/template/spec/containers/[app]/image');
  expect(planned([gone(web), image])).toEqual(no(`${about}: it went, or came back, just now`, 30_000));
});

it('stays gone where another one depends on it, whose other changes are put back', () => {
  expect(planned([gone(db)])).toEqual(
    no(
      `${about}: nothing that could be why changed since 12:00:00Z, when it was seen healthy last; deployment shop/db is left as it is: ${isForRedeploy(db)}`,
    ),
  );
  expect(planned([gone(db), gone(settings)])).toMatchObject([{ touches: [web, settings] }]);
});
