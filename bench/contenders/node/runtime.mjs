// A minimal Lambda runtime: loads the handler, then answers one event after another.
//
// AWS's own client, `aws-lambda-ric`, has to be compiled when it is installed. This one replaces it
// and does less, which favors the contender.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

import http from "node:http";
import { pathToFileURL } from "node:url";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, agent, method, path }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => {
        resolve({ headers: response.headers, body: Buffer.concat(parts).toString() });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

const { handler } = await import(pathToFileURL(process.argv[2]).href);
const invocation = "/2018-06-01/runtime/invocation";
for (;;) {
  const event = await call("GET", `${invocation}/next`);
  const id = event.headers["lambda-runtime-aws-request-id"];
  try {
    const answer = JSON.stringify(await handler(JSON.parse(event.body)));
    await call("POST", `${invocation}/${id}/response`, answer);
  } catch (error) {
    const answer = JSON.stringify({ errorType: error.name, errorMessage: error.message });
    await call("POST", `${invocation}/${id}/error`, answer);
  }
}
