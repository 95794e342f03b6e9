import createClient from 'openapi-fetch';
import type { paths } from './bot-api.js';

const chat_id = Number(process.env.NUMBER!);
const bot = createClient<paths>({ baseUrl: process.env.PURSE_URL! });
const registered = await bot.POST('/api/v1/auth/telegram/register', { params: { query: { chat_id, username: 'john_doe', first_name: 'John' } } });
if (registered.error) throw new Error(JSON.stringify(registered.error));
const token = await bot.POST('/api/v1/auth/token/get', { body: { chat_id } });
const accounts = await bot.GET('/api/v1/accounts', { headers: { Authorization: `Bearer ${token.data!.access_token}` } });
const nobody = await bot.GET('/api/v1/accounts');
// @ts-expect-error a chat's id is a number
void (() => bot.POST('/api/v1/auth/telegram/start', { body: { chat_id: 'x' } }));
console.log(JSON.stringify([registered.data.created, accounts.data?.length, nobody.error?.detail]));
