// Logs in through RDS Proxy: by IAM, over verified TLS, with `pg` and @aws-sdk/rds-signer.

const { readFileSync } = require("node:fs");
const { Client } = require("pg");
const { Signer } = require("@aws-sdk/rds-signer");

// A connection, to the emulator or to AWS: there DB_CONNECT_TO isn't set.
async function connect() {
  const { DB_HOST, DB_USER, DB_NAME, DB_REGION, DB_CA_FILE, DB_CONNECT_TO } = process.env;
  const [host, port] = (DB_CONNECT_TO ?? `${DB_HOST}:5432`).split(":");
  // The token and the certificate are for the endpoint's own name and port.
  const signer = new Signer({ hostname: DB_HOST, port: 5432, username: DB_USER, region: DB_REGION });
  const ssl = { ca: readFileSync(DB_CA_FILE), servername: DB_HOST };
  const password = await signer.getAuthToken();
  const client = new Client({ host, port, user: DB_USER, database: DB_NAME, password, ssl });
  await client.connect();
  return client;
}

module.exports = { connect };

if (require.main === module) {
  connect().then(async client => {
    console.log((await client.query("SELECT current_user")).rows);
    await client.end();
  });
}
