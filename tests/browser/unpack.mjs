// Unpacks Chromium, its libraries and a font into TMPDIR, as AWS Lambda would: `make test-page` runs
// it from there. The package itself unpacks the libraries on Lambda alone.

import { inflate } from "@sparticuz/chromium";

const packed = "node_modules/@sparticuz/chromium/bin";
for (const file of ["chromium.br", "al2023.tar.br", "fonts.tar.br"]) await inflate(`${packed}/${file}`);
