import createClient from 'openapi-fetch';
import type { paths } from './gift-api.js';

const number = process.env.NUMBER!;
const gift = createClient<paths>({ baseUrl: process.env.PURSE_URL! });
const person = { email: `jae${number}@example.com`, password: 'Vhtmxmaos123#' };
await gift.POST('/api/user/register', { body: { ...person, username: 'jae' } });
const signedIn = await gift.POST('/api/user/login', { body: person });
if (signedIn.error) throw new Error(JSON.stringify(signedIn.error));
const { access_token } = signedIn.data;
const id = JSON.parse(atob(access_token.split('.')[1]!)).sub as number;
const headers = { Authorization: `Bearer ${access_token}` };
const user = await gift.GET('/api/user/{id}', { params: { path: { id } } });
const sent = await gift.POST('/api/user/{id}/messages', { params: { path: { id: 1_000_000 } }, headers, body: { message: 'x', amount: 5000, is_moneybag: false } });
// @ts-expect-error a message needs an amount
void (() => gift.POST('/api/user/{id}/messages', { params: { path: { id } }, body: { message: 'x', is_moneybag: false } }));
console.log(JSON.stringify([user.data?.user_info.username, sent.response.status]));
