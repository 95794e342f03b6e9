import createClient from 'openapi-fetch';
import type { paths } from './profile-api.js';

const number = process.env.NUMBER!;
const profile = createClient<paths>({ baseUrl: process.env.PURSE_URL! });
const registered = await profile.POST('/account/registration', {
  params: { header: { browser: 'Node 20' } },
  body: { login: `dan${number}`, password: 'Voskresensk1', email: `dan${number}@example.com`, first_name: 'Данила', last_name: 'Гинда' },
});
if (registered.error) throw new Error(JSON.stringify(registered.error));
const token: string = registered.data.token;
const headers = { Authorization: token };
const edited = await profile.POST('/account/edit/info', { headers, body: { description: 'Backend Developer' } });
const me = await profile.GET('/account/me', { headers });
const stranger = await profile.GET('/info/users/search-{search}', { params: { path: { search: me.data!.login } } });
// @ts-expect-error the header browser is required
void (() => profile.POST('/account/login', { body: { login: 'x', password: 'y' } }));
console.log(JSON.stringify([edited.data?.description, stranger.data?.email]));
