// A bank's web front end in small: a state, actions that ask the bank surface and
// read everything anew, and a view that shows the state. The types of all requests
// and answers are generated from the surface's document.
import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';

type Schemas = components['schemas'];

const baseUrl = process.env.PURSE_URL ?? 'http://127.0.0.1:8000';
const bank = createClient<paths>({ baseUrl, credentials: 'include' });

// A browser keeps the cookie of the session by itself, Node does not.
let cookie = '';
bank.use({
  onRequest({ request }) {
    if (cookie) request.headers.set('Cookie', cookie);
  },
  onResponse({ response }) {
    for (const line of response.headers.getSetCookie()) cookie = line.split(';')[0] ?? '';
  },
});

interface State {
  me?: Schemas['Me'];
  cards: Schemas['Card'][];
  savings: Schemas['Saving_Account_out'][];
  bills: Schemas['BillOut'][];
}

// load reads what the screen shows. 406 is the bank's word for a list with nothing in it.
async function load(): Promise<State> {
  const [me, cards, savings, bills] = await Promise.all([bank.GET('/auth/me'), bank.GET('/card'), bank.GET('/savings'), bank.GET('/bills')]);
  return { me: me.data, cards: cards.data ?? [], savings: savings.data ?? [], bills: bills.data ?? [] };
}

function view({ me, cards, savings, bills }: State): string {
  if (!me) return '  (signed out)';
  return [
    `  ${me.name} ${me.surname}`,
    ...cards.map((card) => `  card ….${card.number.slice(-4)}  ${card.balance.toFixed(2)} ${card.currency}`),
    ...savings.map((goal) => `  saving "${goal.name}"  ${goal.balance.toFixed(2)} of ${goal.goal.toFixed(2)}`),
    ...bills.map((bill) => `  bill "${bill.name}"  ${bill.amount.toFixed(2)}, ${bill.paid ? 'paid' : 'open'}`),
  ].join('\n');
}

// act does one thing, and shows the screen as it is after it.
async function act<T>(title: string, ask: () => Promise<{ data?: T; error?: unknown }>): Promise<T> {
  const { data, error } = await ask();
  if (data === undefined) throw new Error(`${title}: ${JSON.stringify(error)}`);
  console.log(`${title}\n${view(await load())}`);
  return data;
}

// mailedCode is what a person would read in their mail; `purse dev` keeps it in a mailbox.
async function mailedCode(to: string): Promise<string> {
  const answer = await fetch(`${baseUrl}/dev/mail?to=${encodeURIComponent(to)}`);
  const mails = (await answer.json()) as { codes: string[] }[];
  const code = mails[0]?.codes[0];
  if (!code) throw new Error(`no code was mailed to ${to}`);
  return code;
}

const number = String(Date.now()).slice(-9);
const email = `ana${number}@example.com`;
const password = 'correct horse battery';
const who = { email, phone_number: `+7701${number}`, social_security: number };

await act('Ana asks for an account', () => bank.POST('/auth/register', { body: who }));
const verification_code = await mailedCode(email);
await act('and opens it with the code in her mail', () =>
  bank.POST('/auth/verify-email', {
    body: {
      ...who, verification_code, password, first_name: 'Ana', last_name: 'Reyes', date_of_birth: '1990-04-17',
      address: '12 Harbour Street', city: 'Almaty', state: 'Almaty', post_code: '050000',
    },
  }));
await act('She signs out', () => bank.POST('/auth/logout'));
await act('and signs in, with the password', () => bank.POST('/auth/2fa/request', { body: { email, password } }));
const twofa_code = await mailedCode(email);
await act('and a code', () => bank.POST('/auth/2fa/confirm', { body: { email, twofa_code } }));

const daily = await act('She opens a card', () => bank.POST('/card/create'));
const travel = await act('and another', () => bank.POST('/card/create'));

// A key makes it safe to send a request again when no answer came: here it is
// sent twice, and the money moves once.
const pay = () => bank.POST('/card/transfer', {
  params: { header: { 'Idempotency-Key': `travel money of ${number}` } },
  body: { from_card_number: daily.number, to_card_number: travel.number, amount: 25.5 },
});
const first = await act('She moves 25.50 to the second card', pay);
const again = await act('and once more, with the same key', pay);
if (first.transfer_id !== again.transfer_id) throw new Error('the money moved twice');

const goal = await act('She starts saving', () => bank.POST('/savings/create', { body: { name: 'Holiday', goal: 1200 } }));
await act('and puts 40 aside', () => bank.POST('/savings/topUp', { body: { saving_account_id: goal.id, card_id: daily.card_id, amount: 40 } }));
const bill = await act('A bill comes', () => bank.POST('/bills/create', { body: { name: 'Electricity', amount: 14.3, due_date: '2030-01-01T00:00:00Z' } }));
await act('and is paid', () => bank.POST('/bills/pay', { body: { bill_id: bill.id, card_number: travel.number } }));

const refused = await bank.POST('/card/transfer', { body: { from_card_number: daily.number, to_card_number: travel.number, amount: 1_000_000 } });
console.log(`A million is too much: ${refused.response.status} ${JSON.stringify(refused.error)}`);
