// Fails each test, in a file that requires this one, in which a statement pins its session.

const assert = require("node:assert");
const { afterEach, beforeEach } = require("node:test");

// The pins after the one with this id.
async function pins(since) {
  const answer = await fetch(`${process.env.EMULATOR_ADMIN}/pins?since=${since}`);
  return answer.json();
}

let mark;
beforeEach(async () => {
  mark = (await pins(0)).last_id;
});
afterEach(async () => {
  // To be strict about statements that AWS leaves open, take those of class "doubtful" too.
  const found = (await pins(mark)).pins.filter(pin => pin.class === "pins");
  const lines = found.map(pin => `${pin.statement}\n  ${pin.cause}\n  Instead: ${pin.remedy}`);
  assert.ok(!found.length, ["it would pin its session in RDS Proxy:", ...lines].join("\n"));
});
