// A gate before a Lambda function: it is created or updated only if a probe that runs with its role,
// in its subnets and with its security groups reaches the database.

import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { CfnStack, CustomResource, Duration, FileSystem, Fn, NestedStack } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { IVpc } from 'aws-cdk-lib/aws-ec2';
import { CfnFunction, Function } from 'aws-cdk-lib/aws-lambda';
import { IDatabaseProxy } from 'aws-cdk-lib/aws-rds';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { CfnFunction as SamFunction } from 'aws-cdk-lib/aws-sam';
import { Construct } from 'constructs';

// From the folder build/lib, where the compiler puts this file.
const TEMPLATE = path.resolve(__dirname, '../../../../template.yaml');
// SAM makes this resource from the function's EventInvokeConfig. The include rejects a dependency on
// what is not in the file, so this one is taken out before and added again after it.
const OF_SAM = 'ProbeEventInvokeConfig';
// The probe's timeout as a gate, and as long as its event may wait.
const GATE_TIMEOUT = Duration.seconds(600);

export interface DatabaseGateProps {
  /** The function that is tried. */
  readonly application: Function;
  /** The VPC of its subnets, which reach S3 through NAT or endpoints: there the gate answers. */
  readonly vpc: IVpc;
  /** The proxy that it connects to. */
  readonly proxy: IDatabaseProxy;
  /** The database user that it logs in as, by IAM. */
  readonly databaseUser: string;
  /** The database that it connects to. */
  readonly databaseName: string;
  /** Another value, such as a build's number, is another probe. */
  readonly release: string;
  /** The zip from `make package`. */
  readonly packageFile: string;
}

export class DatabaseGate extends Construct {
  /** Name of the probe's function, to invoke it at any time. */
  readonly functionName: string;

  constructor(scope: Construct, id: string, props: DatabaseGateProps) {
    super(scope, id);
    const { application, proxy } = props;
    const resource = application.node.defaultChild as CfnFunction;
    const { subnetIds = [], securityGroupIds = [] } = resource.vpcConfig as CfnFunction.VpcConfigProperty;

    // A nested stack: its parameters can be attributes of resources, which CloudFormation does not
    // allow in the conditions and rules of the template itself.
    const probe = new NestedStack(this, 'Probe', {
      parameters: {
        ProxyEndpoint: proxy.endpoint,
        ProxyArn: proxy.dbProxyArn,
        DatabaseUser: props.databaseUser,
        DatabaseName: props.databaseName,
        VpcId: props.vpc.vpcId,
        SubnetIds: Fn.join(',', subnetIds),
        FunctionRoleArn: resource.role,
        FunctionSecurityGroupIds: Fn.join(',', securityGroupIds),
        ServiceAccess: 'internet',
        Gate: 'true',
      },
    });
    const template = new CfnInclude(probe, 'Template', { templateFile: templateWithoutSamIds() });
    template.getResource('HealthyDatabasePath').addOverride('DependsOn', [OF_SAM]);
    const code = new Asset(probe, 'Package', { path: props.packageFile });
    const probeFunction = template.getResource('Probe') as SamFunction;
    probeFunction.codeUri = { bucket: code.s3BucketName, key: code.s3ObjectKey };

    // Permissions and rules come first, or the probe finds them missing.
    const groups = application.connections.securityGroups;
    probe.node.addDependency(proxy, application.role!, ...groups);

    const output = (name: string) => (probe.nestedStackResource as CfnStack).getAtt(`Outputs.${name}`).toString();
    const databasePath = new CustomResource(this, 'Path', {
      resourceType: 'Custom::HealthyDatabasePath',
      serviceToken: output('FunctionArn'),
      serviceTimeout: GATE_TIMEOUT,
      properties: { Version: props.release },
    });
    // Not the function's construct, which holds the role that the probe needs.
    resource.node.addDependency(databasePath);
    this.functionName = output('FunctionName');
  }
}

/** The file of the template without the dependency that only SAM can resolve. */
function templateWithoutSamIds(): string {
  const file = path.join(FileSystem.mkdtemp('probe-'), 'template.yaml');
  const dependency = new RegExp(`^ *DependsOn: ${OF_SAM}.*\n`, 'm');
  writeFileSync(file, readFileSync(TEMPLATE, 'utf8').replace(dependency, ''));
  return file;
}
