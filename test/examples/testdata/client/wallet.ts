import createClient from 'openapi-fetch';
import type { components, paths } from './wallet-api.js';

const baseUrl = process.env.PURSE_URL!;
const number = process.env.NUMBER!;
const wallet = createClient<paths>({ baseUrl });
const credentials = { phone_number: `+7702${number}`, password: 'correct horse battery' };
const email = `bek${number}@example.com`;
const created = await wallet.POST('/users/create/', { body: { ...credentials, email } });
if (created.error) throw new Error(JSON.stringify(created.error));
const mails = (await (await fetch(`${baseUrl}/dev/mail?to=${email}`)).json()) as { codes: string[] }[];
await wallet.POST('/users/verify/', { body: { session_id: created.data.session_id, code: mails[0]!.codes[0]! } });
const { access } = (await wallet.POST('/users/token/create/', { body: credentials })).data!;
wallet.use({ onRequest: ({ request }) => request.headers.set('Authorization', `Bearer ${access}`) });
const opened: components['schemas']['Wallet'] = (await wallet.POST('/users/wallets/create/', { body: { name: 'Mine', amount_currency: 'KZT' } })).data!;
const deposit = await wallet.POST('/users/wallets/{id}/deposit/', { params: { path: { id: opened.id } }, body: { amount: '100.50' } });
// @ts-expect-error there are wallets in three currencies
void (() => wallet.POST('/users/wallets/create/', { body: { name: 'Mine', amount_currency: 'XXX' } }));
console.log(JSON.stringify([opened.amount, deposit.data?.balance]));
