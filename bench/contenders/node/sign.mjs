// Measures the time to sign a token: prints the microseconds of each batch as JSON.

import { Signer } from "@aws-sdk/rds-signer";

const [batches, size] = process.argv.slice(2).map(Number);
const { DB_HOST, DB_PORT, DB_USER, DB_REGION } = process.env;
const signer = new Signer({
  hostname: DB_HOST,
  port: Number(DB_PORT),
  username: DB_USER,
  region: DB_REGION,
});
const micros = [];
for (let batch = 0; batch < batches; batch++) {
  const begun = process.hrtime.bigint();
  for (let token = 0; token < size; token++) await signer.getAuthToken();
  micros.push(Number(process.hrtime.bigint() - begun) / 1000 / size);
}
console.log(JSON.stringify(micros));
