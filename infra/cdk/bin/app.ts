// `cdk deploy --context release=42` builds and deploys this.

import * as path from 'node:path';
import { App } from 'aws-cdk-lib';
import { OrdersStack } from '../lib/orders-stack';

const app = new App();
new OrdersStack(app, 'orders', {
  release: app.node.tryGetContext('release') ?? 'first',
  packageFile: path.resolve(__dirname, '../../../../target/rds-proxy-probe.zip'),
});
