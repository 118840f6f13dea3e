#!/usr/bin/env node
/**
 * Prisma's schema engine as a program that needs no download: it speaks the JSON-RPC that the official CLI expects
 * of its native engine, and answers it with Prisma's own WebAssembly build of that engine over node-postgres.
 * Started by the CLI through `PRISMA_SCHEMA_ENGINE_BINARY`, which `bin/prisma` sets. It is JavaScript because the CLI
 * executes it directly, with no loader.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import * as wasmGlue from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

/** SQLSTATE or system error → the code by which the CLI chooses its message. */
const PRISMA_CODES = {
  '28P01': 'P1000',
  '3D000': 'P1003',
  '42P04': 'P1009',
  ECONNREFUSED: 'P1001',
  ENOTFOUND: 'P1001',
};
const RPC_SERVER_ERROR = 4466;
/** Type oid of PostgreSQL's one-byte `"char"`, which catalogue queries return, and of `text`. */
const CHAR_OID = 18;
const TEXT_OID = 25;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: {
    datamodels: { type: 'string', multiple: true, short: 'd' },
    datasource: { type: 'string' },
    'enabled-preview-features': { type: 'string' },
    'extension-types': { type: 'string' },
  },
});
const datasource = flags.datasource ? JSON.parse(flags.datasource) : {};

/** Shadow databases that this process made and has not dropped yet. */
const dropsOwed = new Set();
/** The message of the last Rust panic; the exception itself says only "unreachable". */
let panicMessage = '';
/** The CLI's `print` requests carry ids of our own, far from those that it uses. */
let nextRequestId = 1_000_000;
let enginePromise;
const adapterFactory = bindMigrationAwareSqlAdapterFactory({
  provider: 'postgres',
  adapterName: '@prisma/adapter-pg',
  connect: () => connect(datasource.url),
  connectToShadowDb,
});

if (positionals[0] === 'cli') await runCliCommand(positionals[1]);
else serve();

/** The two one-shot commands of the native engine: exit status 0, or 1 with a log line that carries the code. */
async function runCliCommand(command) {
  try {
    if (command === 'can-connect-to-database') await withClient(datasource.url, async () => undefined);
    else if (command === 'create-database') await createDatabase(datasource.url);
    else throw new Error(`The schema engine has no command ${command}.`);
    process.exit(0);
  } catch (error) {
    const { message, error_code = 'P1001' } = describe(error);
    logLine('ERROR', { message, error_code, is_panic: false });
    process.exit(1);
  }
}

/** Answers JSON-RPC lines in order until standard input ends. */
function serve() {
  globalThis.PRISMA_WASM_PANIC_REGISTRY = {
    set_message: (message) => {
      panicMessage = message;
    },
  };
  process.on('uncaughtException', async (error) => {
    logLine('ERROR', { message: panicMessage || error.stack, is_panic: true });
    await dropOwedDatabases();
    process.exit(1);
  });

  let queue = Promise.resolve();
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const request = JSON.parse(line);
      const isAnswerToOurPrint = request.method === undefined;
      if (!isAnswerToOurPrint) queue = queue.then(() => answer(request));
    })
    .on('close', () => queue.then(dropOwedDatabases).finally(() => process.exit(0)));
}

async function answer({ id, method, params }) {
  try {
    const result = await call(method, params);
    send({ id, result: result === undefined ? null : result });
  } catch (error) {
    const { message, error_code } = describe(error);
    send({
      id,
      error: {
        code: RPC_SERVER_ERROR,
        message: 'An error happened. Check the data field for details.',
        data: { is_panic: panicMessage !== '', message: panicMessage || message, error_code, meta: null },
      },
    });
  }
}

async function call(method, params) {
  if (method === 'createDatabase') return { databaseName: await createDatabase(datasource.url) };
  enginePromise ??= createEngine();
  const engine = await enginePromise;
  const engineMethod = method === 'getDatabaseVersion' ? 'version' : method;
  if (typeof engine[engineMethod] !== 'function') throw new Error(`The schema engine has no method ${method}.`);
  const result = await engine[engineMethod](params);
  if (method === 'diff' && typeof result?.stdout === 'string')
    send({ id: nextRequestId++, method: 'print', params: { content: result.stdout } });
  return result;
}

async function createEngine() {
  const wasmFile = createRequire(import.meta.url)
    .resolve('@prisma/schema-engine-wasm')
    .replace(/schema_engine\.js$/, 'schema_engine_bg.wasm');
  const { instance } = await WebAssembly.instantiate(readFileSync(wasmFile), { './schema_engine_bg.js': wasmGlue });
  wasmGlue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();

  return wasmGlue.SchemaEngine.new(
    { datamodels: flags.datamodels?.map((path) => [path, readFileSync(path, 'utf8')]) },
    () => undefined,
    adapterFactory,
  );
}

/** An adapter on one connection to `url`, with what the schema engine needs and the client's adapter lacks. */
async function connect(url, onDispose) {
  const { href, schema } = splitSchema(url);
  const pool = new pg.Pool({ connectionString: href, max: 1, options: `-c search_path=${schema}` });
  const adapter = readCharColumns(await new PrismaPg(pool, { schema, disposeExternalPool: true }).connect());

  const startTransaction = adapter.startTransaction.bind(adapter);
  adapter.startTransaction = async (isolationLevel) => readCharColumns(await startTransaction(isolationLevel));

  // The adapter's own version splits at every ";", which breaks the bodies of functions. The simple protocol runs the
  // whole script, as one transaction.
  adapter.executeScript = async (script) => {
    try {
      await pool.query(script);
    } catch (error) {
      adapter.onError(error);
    }
  };

  const dispose = adapter.dispose.bind(adapter);
  adapter.dispose = async () => {
    await dispose();
    await onDispose?.();
  };
  return adapter;
}

/** Teaches an adapter PostgreSQL's `"char"`: read as text, reported as a character. */
function readCharColumns(adapter) {
  let charColumns = [];
  const performIO = adapter.performIO.bind(adapter);
  adapter.performIO = async (query) => {
    const answer = await performIO(query);
    // Several statements at once (`db execute`) answer with a list.
    const result = Array.isArray(answer) ? answer.at(-1) : answer;
    charColumns = result.fields.flatMap((field, index) => (field.dataTypeID === CHAR_OID ? [index] : []));
    for (const index of charColumns) result.fields[index].dataTypeID = TEXT_OID;
    return result;
  };
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const index of charColumns) result.columnTypes[index] = ColumnTypeEnum.Character;
    return result;
  };
  return adapter;
}

/** The configured shadow database, or a new one beside the main database that is dropped when the engine lets it go. */
async function connectToShadowDb() {
  if (datasource.shadowDatabaseUrl) return connect(datasource.shadowDatabaseUrl);
  const url = new URL(datasource.url);
  url.pathname = `/prisma_migrate_shadow_db_${randomUUID()}`;
  const name = await createDatabase(url.href);
  const drop = async () => {
    if (!dropsOwed.delete(drop)) return;
    await withClient(datasource.url, (client) =>
      client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`),
    );
  };
  dropsOwed.add(drop);
  return connect(url.href, drop);
}

/** Creates the database that `url` names, through the server's `postgres` database; returns its name. */
async function createDatabase(url) {
  const server = new URL(url);
  const name = decodeURIComponent(server.pathname.slice(1));
  server.pathname = '/postgres';
  await withClient(server.href, (client) => client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`));
  return name;
}

async function withClient(url, use) {
  const client = new pg.Client({ connectionString: splitSchema(url).href });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** Prisma's own URL parameter `schema` is none of PostgreSQL's: it is taken out and returned beside the URL. */
function splitSchema(url) {
  const parsed = new URL(url);
  const schema = parsed.searchParams.get('schema') ?? 'public';
  parsed.searchParams.delete('schema');
  return { href: parsed.href, schema };
}

function describe(thrown) {
  const error = originalError(thrown);
  const code = error?.cause?.originalCode ?? error?.code ?? error?.cause?.code;
  const message = error?.cause?.originalMessage || error?.message || String(code ?? error);
  return { message, error_code: PRISMA_CODES[code] };
}

/** The engine keeps only the number of an adapter's error; the error itself waits in the adapter's registry. */
function originalError(thrown) {
  const id = /External error id#(\d+)/.exec(thrown?.message ?? thrown)?.[1];
  return id === undefined ? thrown : (adapterFactory.errorRegistry.consumeError(Number(id))?.error ?? thrown);
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

function logLine(level, fields) {
  const line = { timestamp: new Date().toISOString(), level, target: 'schema_engine::logger', fields };
  process.stderr.write(`\n${JSON.stringify(line)}\n`);
}

async function dropOwedDatabases() {
  await Promise.allSettled([...dropsOwed].map((drop) => drop()));
}
