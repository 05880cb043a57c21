// Does one thing with `pg` or Prisma, for pinning.py, which gives it the login as JSON.

const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");

const login = JSON.parse(process.argv[2]);
const installed = createRequire(`${login.packages}/`);
const options = {
  host: login.address, port: login.port, user: login.user, database: login.database,
  password: login.token, ssl: { ca: readFileSync(login.ca_file), servername: login.host },
};

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
  prisma: () => withPrisma(async client => {
    await client.$transaction([client.role.findMany(), client.role.findMany()]);
    await client.$transaction(inside => inside.role.findMany());
  }),
  isolation: () => withPrisma(client => client.$transaction(
    inside => inside.role.findMany(), { isolationLevel: "Serializable" })),
};

doings[login.does]().then(() => console.log("{}"));
