// What the example deploys, without AWS: the templates that the CDK makes of it.

import * as assert from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { after, before, test } from 'node:test';
import { App, NestedStack, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { OrdersStack } from '../lib/orders-stack';

let folder: string;
let stack: Stack;
let parent: Template;
let nested: Template;

function one(type: string): [string, any] {
  const [found, ...more] = Object.entries(parent.findResources(type));
  assert.equal(more.length, 0, type);
  return found;
}

before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'gate-'));
  const packageFile = path.join(folder, 'probe.zip');
  writeFileSync(packageFile, 'any file: nothing is uploaded');
  const app = new App({ outdir: path.join(folder, 'out') });
  stack = new OrdersStack(app, 'orders', { release: '42', packageFile });
  parent = Template.fromStack(stack);
  nested = Template.fromStack(stack.node.findChild('Gate').node.findChild('Probe') as NestedStack);
});

after(() => rmSync(folder, { recursive: true }));

test('the probe runs as the application: its role, subnets and security groups', () => {
  const [, application] = one('AWS::Lambda::Function');
  const [, { Properties: { Parameters } }] = one('AWS::CloudFormation::Stack');
  const { SubnetIds, SecurityGroupIds } = application.Properties.VpcConfig;
  assert.deepEqual(Parameters.FunctionRoleArn, application.Properties.Role);
  assert.deepEqual(Parameters.SubnetIds, { 'Fn::Join': [',', SubnetIds] });
  assert.deepEqual(Parameters.FunctionSecurityGroupIds, SecurityGroupIds[0]);
});

test('the probe logs in to the proxy as the application does', () => {
  const [proxy] = one('AWS::RDS::DBProxy');
  const [, { Properties: { Parameters } }] = one('AWS::CloudFormation::Stack');
  assert.deepEqual(Parameters.ProxyEndpoint, { 'Fn::GetAtt': [proxy, 'Endpoint'] });
  assert.deepEqual(Parameters.ProxyArn, { 'Fn::GetAtt': [proxy, 'DBProxyArn'] });
  const [, application] = one('AWS::Lambda::Function');
  const { DB_USER, DB_NAME } = application.Properties.Environment.Variables;
  assert.deepEqual([Parameters.DatabaseUser, Parameters.DatabaseName], [DB_USER, DB_NAME]);
});

test('every parameter without a default has a value, and no other name is given', () => {
  const [, { Properties: { Parameters } }] = one('AWS::CloudFormation::Stack');
  const declared = nested.toJSON().Parameters;
  const needed = Object.keys(declared).filter((name) => !('Default' in declared[name]));
  assert.deepEqual(needed.filter((name) => !(name in Parameters)), []);
  assert.deepEqual(Object.keys(Parameters).filter((name) => !(name in declared)), []);
});

test('the application waits for the gate, and the gate for permissions and rules', () => {
  const [gate, { Properties }] = one('Custom::HealthyDatabasePath');
  const [probe, { DependsOn }] = one('AWS::CloudFormation::Stack');
  const [, application] = one('AWS::Lambda::Function');
  assert.ok(application.DependsOn.includes(gate));
  assert.deepEqual(Properties.ServiceToken, { 'Fn::GetAtt': [probe, 'Outputs.FunctionArn'] });
  assert.equal(Properties.Version, '42');
  const before = ['AWS::IAM::Policy', 'AWS::EC2::SecurityGroupIngress', 'AWS::RDS::DBProxy']
    .flatMap((type) => Object.keys(parent.findResources(type)));
  // The one rule that is no matter of the proxy's clients is the database's.
  const missing = before.filter((id) => !DependsOn.includes(id) && !id.startsWith('Database'));
  assert.deepEqual(missing, []);
});

test('the nested stack is the template, with the code from the zip', () => {
  nested.hasResourceProperties('AWS::Serverless::Function', {
    CodeUri: { Bucket: Match.anyValue(), Key: Match.stringLikeRegexp('\\.zip$') },
    Handler: 'bootstrap',
    LoggingConfig: Match.anyValue(),
    EventInvokeConfig: Match.objectLike({ MaximumRetryAttempts: 0 }),
  });
  nested.templateMatches({ Transform: 'AWS::Serverless-2016-10-31' });
  nested.hasResource('Custom::HealthyDatabasePath', { DependsOn: ['ProbeEventInvokeConfig'] });
});

test('nothing of the template is lost', () => {
  const text = readFileSync(path.resolve(__dirname, '../../../../template.yaml'), 'utf8');
  for (const section of ['Parameters', 'Rules', 'Conditions', 'Resources', 'Outputs']) {
    const [, body] = text.match(new RegExp(`^${section}:\n((?: .*\n|#.*\n|\n)*)`, 'm'))!;
    const names = [...body.matchAll(/^  (\w+):/gm)].map(([, name]) => name);
    assert.deepEqual(Object.keys(nested.toJSON()[section]).sort(), names.sort(), section);
  }
});
