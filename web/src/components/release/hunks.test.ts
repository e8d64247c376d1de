import { describe, expect, it } from 'vitest';
import { yamlPath } from './hunks';

const TEXT = `kind: Deployment
metadata:
  name: pay
  labels:
    "app.kubernetes.io/name": pay

spec:
  template:
    containers:
    - name: web
      image: pay:1
      ports:
      - containerPort: 80
      - containerPort: 443
    - name: side
      args:
        - --quiet
        - --level
  replicas: 2`.split('\n');

describe('the path of a line', () => {
  it.each([
    ['kind: Deployment', 'kind'],
    ['"app.kubernetes.io/name": pay', 'metadata.labels.app.kubernetes.io/name'],
    ['image: pay:1', 'spec.template.containers[0].image'],
    ['- containerPort: 443', 'spec.template.containers[0].ports[1].containerPort'],
    ['- name: side', 'spec.template.containers[1].name'],
    ['- --level', 'spec.template.containers[1].args[1]'],
    ['replicas: 2', 'spec.replicas'],
  ])('%s', (line, path) => {
    expect(yamlPath(TEXT, TEXT.findIndex((each) => each.trim() === line))).toBe(path);
  });
});
