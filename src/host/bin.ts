#!/usr/bin/env node
// What package.json names as the command `infetch`.

import { main } from './cli.ts'

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.message)
    process.exit(1)
  },
)
