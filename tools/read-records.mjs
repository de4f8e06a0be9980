// Prints, as JSON, the records of a list input as docker/build-push-action reads them from standard
// input: CSV with relaxed quotes, commas ignored. Source: the documentation of docker/actions-toolkit.
import {parse} from 'csv-parse/sync';
import {readFileSync} from 'node:fs';

const options = {columns: false, relaxQuotes: true, relaxColumnCount: true, skipEmptyLines: true};
const records = parse(readFileSync(0, 'utf8'), options).map((record) => record.join(',').trim());
process.stdout.write(JSON.stringify(records.filter(Boolean)));
