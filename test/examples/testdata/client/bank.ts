import createClient from 'openapi-fetch';
import type { paths } from './bank-api.js';

const baseUrl = process.env.PURSE_URL!;
const number = process.env.NUMBER!;
const bank = createClient<paths>({ baseUrl });
let cookie = '';
bank.use({
  onRequest: ({ request }) => { if (cookie) request.headers.set('Cookie', cookie); },
  onResponse: ({ response }) => { cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie; },
});
const who = { email: `ana${number}@example.com`, phone_number: `+7701${number}`, social_security: number };
await bank.POST('/auth/register', { body: who });
const mails = (await (await fetch(`${baseUrl}/dev/mail?to=${who.email}`)).json()) as { codes: string[] }[];
const { data, error } = await bank.POST('/auth/verify-email', {
  body: {
    ...who, verification_code: mails[0]!.codes[0]!, password: 'correct horse battery', first_name: 'Ana', last_name: 'Reyes',
    date_of_birth: '1990-04-17', address: '12 Harbour Street', city: 'Almaty', state: 'Almaty', post_code: '050000',
  },
});
if (error) throw new Error(JSON.stringify(error));
const message: string = data.message;
const card = (await bank.POST('/card/create')).data!;
const missing = await bank.POST('/card/transfer', { body: { from_card_number: card.number, to_card_number: '1', amount: 12.5 } });
// @ts-expect-error an amount is a number: the types refuse what the server would
void (() => bank.POST('/card/transfer', { body: { from_card_number: '', to_card_number: '', amount: true } }));
console.log(JSON.stringify([message, card.balance, missing.response.status]));
