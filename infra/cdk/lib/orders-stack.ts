// An application as an example: a function that reads a database through RDS Proxy, behind a gate.

import { CfnOutput, Duration, Stack, StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { DatabaseGate } from './database-gate';

export interface OrdersStackProps extends StackProps {
  /** Another value is another probe. */
  readonly release: string;
  /** The zip from `make package`. */
  readonly packageFile: string;
}

export class OrdersStack extends Stack {
  constructor(scope: Construct, id: string, props: OrdersStackProps) {
    super(scope, id, props);
    const vpc = new ec2.Vpc(this, 'Vpc', { maxAzs: 2, natGateways: 1 });
    const database = new rds.DatabaseCluster(this, 'Database', {
      engine: rds.DatabaseClusterEngine.auroraPostgres({ version: rds.AuroraPostgresEngineVersion.VER_17_5 }),
      writer: rds.ClusterInstance.serverlessV2('Writer'),
      vpc,
      defaultDatabaseName: 'orders',
      iamAuthentication: true,
      storageEncrypted: true,
    });
    // This function logs in with the database's first user, so that the example needs no other. For a
    // user of your own, register its secret here too.
    const proxy = database.addProxy('Proxy', {
      vpc,
      secrets: [database.secret!],
      iamAuth: true,
      requireTLS: true,
    });

    const application = new lambda.Function(this, 'Orders', {
      runtime: lambda.Runtime.NODEJS_22_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = async () => "your application"'),
      timeout: Duration.seconds(10),
      vpc,
      environment: { DB_HOST: proxy.endpoint, DB_USER: 'postgres', DB_NAME: 'orders' },
    });
    proxy.grantConnect(application, 'postgres');
    proxy.connections.allowFrom(application, ec2.Port.POSTGRES);

    const gate = new DatabaseGate(this, 'Gate', {
      application,
      vpc,
      proxy,
      databaseUser: 'postgres',
      databaseName: 'orders',
      release: props.release,
      packageFile: props.packageFile,
    });
    new CfnOutput(this, 'ProbeFunctionName', { value: gate.functionName });
  }
}
