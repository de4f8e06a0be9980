// Prints, as JSON, the lines that Microsoft's library makes of the commands on standard input:
// [[name, properties, message], ...]
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const library = createRequire(import.meta.url)('azure-pipelines-task-lib/taskcommand.js')
const commands = JSON.parse(readFileSync(0, 'utf8'))
const lines = commands.map(
  ([name, properties, message]) => new library.TaskCommand(name, properties, message).toString()
)
process.stdout.write('\u0000' + JSON.stringify(lines))
