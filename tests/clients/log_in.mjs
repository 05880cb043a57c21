// One login to the emulator by `pg`, Prisma or `mysql2`, with a token from `@aws-sdk/rds-signer`.
//
// Takes the case as JSON in its first argument and prints the outcome as JSON:
// {"row": [...]} or {"error": "..."}. NODE_PATH does not reach ES modules, so the
// packages are required from the folder in the case.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const login = JSON.parse(process.argv[2]);
const require = createRequire(`${login.packages}/`);

async function token() {
  const { Signer } = require("@aws-sdk/rds-signer");
  const signer = new Signer({
    hostname: login.host,
    port: login.signed_port,
    username: login.signed_user,
    region: login.region,
    credentials: {
      accessKeyId: process.env.AWS_ACCESS_KEY_ID,
      secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
      sessionToken: process.env.AWS_SESSION_TOKEN,
    },
  });
  // The signer has no option for its time; it reads the clock, so the clock is set back.
  const RealDate = globalThis.Date;
  const now = Date.now() - login.age_s * 1000;
  globalThis.Date = class extends RealDate {
    constructor(...parts) {
      super(...(parts.length ? parts : [now]));
    }
  };
  const signed = await signer.getAuthToken();
  globalThis.Date = RealDate;
  const change = (_, head, digit) => head + (digit === "0" ? "1" : "0");
  return login.tampered ? signed.replace(/(Signature=[0-9a-f]{63})([0-9a-f])/, change) : signed;
}

// The socket goes to an address; TLS verifies the endpoint's name.
const options = {
  host: login.address,
  port: login.port,
  user: login.user,
  password: login.password ?? (await token()),
  database: login.database,
  ssl: {
    ca: readFileSync(login.ca_file, "utf8"),
    servername: login.host,
    rejectUnauthorized: true,
  },
};

const drivers = {
  async pg() {
    const { Client } = require("pg");
    const client = new Client(options);
    try {
      await client.connect();
      const { rows } = await client.query({ text: login.query, rowMode: "array" });
      return rows[0];
    } finally {
      await client.end();
    }
  },

  // The endpoint's name is verified, so the socket to the address is made here.
  async mysql2() {
    const mysql = require("mysql2/promise");
    const { connect } = require("node:net");
    const client = await mysql.createConnection({
      ...options,
      host: login.host,
      stream: () => connect(login.port, login.address),
      ssl: { ...options.ssl, verifyIdentity: true },
      enableCleartextPlugin: true,
      rowsAsArray: true,
    });
    try {
      const [rows] = await client.query(login.query);
      return rows[0];
    } finally {
      await client.end();
    }
  },

  // The model's query is there for Prisma's query compiler, which a raw query bypasses.
  async prisma() {
    const { PrismaPg } = require("@prisma/adapter-pg");
    const { PrismaClient } = require("./prisma-client/index.js");
    const client = new PrismaClient({ adapter: new PrismaPg(options) });
    try {
      await client.role.findUniqueOrThrow({ where: { name: login.user } });
      return Object.values((await client.$queryRawUnsafe(login.query))[0]);
    } finally {
      await client.$disconnect();
    }
  },
};

try {
  console.log(JSON.stringify({ row: (await drivers[login.driver]()).map(String) }));
} catch (error) {
  // Prisma puts words of its own first and keeps those of the server.
  const said = error.meta?.driverAdapterError?.cause?.originalMessage ?? "";
  console.log(JSON.stringify({ error: `${error.message} ${said}` }));
}
