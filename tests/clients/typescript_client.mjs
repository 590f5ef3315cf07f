// The official TypeScript client against a running server, in both eras.
//
// Environment: SECURE_MCP_URL, SECURE_MCP_TOKEN_ANA, SECURE_MCP_TOKEN_DEV, and NODE_EXTRA_CA_CERTS
// with the server's authority. Prints one line for each check and, at the end, `N passed, N failed`.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const url = new URL(process.env.SECURE_MCP_URL);
const results = { passed: 0, failed: 0 };

function check(name, holds, seen) {
  results[holds ? 'passed' : 'failed'] += 1;
  console.log(holds ? `ok      ${name}` : `FAILED  ${name}: ${JSON.stringify(seen)}`);
}

async function connect(person, mode) {
  const token = process.env[`SECURE_MCP_TOKEN_${person.toUpperCase()}`];
  const options = mode === 'auto' ? { versionNegotiation: { mode: 'auto' } } : {};
  const client = new Client({ name: 'check', version: '1' }, options);
  const requestInit = { headers: { Authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit }));
  return client;
}

async function errorOf(call) {
  try {
    await call;
  } catch (error) {
    return { code: error.code, message: error.message };
  }
  return null;
}

async function analyst(mode, version) {
  const client = await connect('ana', mode);
  const name = `typescript ${mode}, ana`;
  check(`${name}: speaks ${version}`, client.getNegotiatedProtocolVersion() === version, client.getNegotiatedProtocolVersion());
  const tools = (await client.listTools()).tools.map((tool) => tool.name).sort();
  check(`${name}: lists what she may call`, tools.join() === 'database-query,echo', tools);
  const sql = 'SELECT name, email, birth_date FROM customers ORDER BY id LIMIT 3';
  const result = await client.callTool({ name: 'database-query', arguments: { resource: 'customer_database', sql } });
  const rows = result.structuredContent.rows;
  const masked = rows.every((row) => row[1].includes('***') && row[2].length === 4);
  check(`${name}: a masked column is masked`, !result.isError && rows.length === 3 && masked, rows);
  const table = { resource: 'customer_database', sql: 'SELECT * FROM salaries' };
  const denied = await client.callTool({ name: 'database-query', arguments: table });
  check(`${name}: a forbidden table is a readable refusal`, denied.isError && denied._meta['secure-mcp/refusal'].code === 'denied', denied);
  const forbidden = await errorOf(client.callTool({ name: 'python-runner', arguments: { code: 'print(1)' } }));
  const unknown = await errorOf(client.callTool({ name: 'python-walker', arguments: { code: 'print(1)' } }));
  const same = forbidden && unknown && forbidden.code === unknown.code && forbidden.message === unknown.message;
  check(`${name}: forbidden and unknown are the same error`, same && forbidden.code === -32602, [forbidden, unknown]);
  await client.close();
}

async function developer(mode) {
  const client = await connect('dev', mode);
  const name = `typescript ${mode}, dev`;
  const tools = (await client.listTools()).tools.map((tool) => tool.name);
  check(`${name}: lists the code tools`, tools.includes('python-runner') && tools.includes('code-executor'), tools);
  const result = await client.callTool({ name: 'python-runner', arguments: { code: 'print(6 * 7)' } });
  check(`${name}: python-runner runs`, result.structuredContent.stdout === '42\n', result);
  const executed = await client.callTool({ name: 'code-executor', arguments: { language: 'bash', code: 'echo 42' } });
  check(`${name}: code-executor runs`, executed.structuredContent.stdout === '42\n', executed);
  const pending = await client.callTool({ name: 'python-runner', arguments: { code: `print('ts ${mode}')`, timeout_ms: 60000 } });
  const readable = pending.isError && pending.content[0].text.includes('approv');
  check(`${name}: a pending approval is readable`, readable && pending._meta['secure-mcp/refusal'].code === 'approval_pending', pending);
  await client.close();
}

for (const [mode, version] of [['legacy', '2025-11-25'], ['auto', '2026-07-28']]) {
  await analyst(mode, version);
  await developer(mode);
}
console.log(`${results.passed} passed, ${results.failed} failed`);
process.exit(results.failed || !results.passed ? 1 : 0);
