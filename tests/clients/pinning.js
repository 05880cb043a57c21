// Does one thing with `pg`, `mysql2` or Prisma, for pinning.py, which gives it the login as JSON.

const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { connect } = require("node:net");

const login = JSON.parse(process.argv[2]);
const installed = createRequire(`${login.packages}/`);
const options = {
  host: login.address, port: login.port, user: login.user, database: login.database,
  password: login.token, ssl: { ca: readFileSync(login.ca_file), servername: login.host },
};

// The socket goes to the address, and the endpoint's name is verified.
async function withMysql2(act) {
  const client = await installed("mysql2/promise").createPool({
    ...options, stream: () => connect(login.port, login.address),
    ssl: { ...options.ssl, verifyIdentity: true }, host: login.host,
    enableCleartextPlugin: true, connectionLimit: 1,
  });
  await act(client);
  await client.end();
}

async function withPrisma(act) {
  const { PrismaPg } = installed("@prisma/adapter-pg");
  const { PrismaClient } = installed("./prisma-client/index.js");
  const client = new PrismaClient({ adapter: new PrismaPg(options) });
  await act(client);
  await client.$disconnect();
}

const doings = {
  async pg() {
    const pool = new (installed("pg").Pool)(options);
    for (let number = 0; number < 3; number++) {
      await pool.query("SELECT $1::int", [number]);
      await pool.query({ name: "named", text: "SELECT $1::int", values: [number] });
    }
    await pool.end();
  },
  mysql2: () => withMysql2(async pool => {
    for (let number = 0; number < 3; number++) {
      await pool.query("SELECT ?", [number]);
    }
    const connection = await pool.getConnection();
    await connection.beginTransaction();
    await connection.query("SELECT 1");
    await connection.commit();
    connection.release();
  }),
  execute: () => withMysql2(pool => pool.execute("SELECT ?", [1])),
  prisma: () => withPrisma(async client => {
    await client.$transaction([client.role.findMany(), client.role.findMany()]);
    await client.$transaction(inside => inside.role.findMany());
  }),
  isolation: () => withPrisma(client => client.$transaction(
    inside => inside.role.findMany(), { isolationLevel: "Serializable" })),
};

doings[login.does]().then(() => console.log("{}"));
