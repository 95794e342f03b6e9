package model

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"purse/internal/apptest"
	"purse/internal/store/postgres/pgtest"
	"purse/test/fault/cutproxy"
)

// What befalls the program and its clients. None of it changes what the model
// predicts.

// befall has something happen to the worker's next request that can be repeated.
func (w *worker) befall(what string, f func(c call) (apptest.Answer, error)) {
	w.fault = func(c call) (apptest.Answer, error) {
		w.faults[what]++
		return f(c)
	}
}

// moment is a short time, to hit a request anywhere.
func (w *worker) moment() time.Duration {
	return time.Duration(w.random.Int64N(int64(3 * time.Millisecond)))
}

// hangUp has the client give up in the middle of the request.
func (w *worker) hangUp() {
	after := w.moment()
	w.befall("clients that hung up", func(c call) (apptest.Answer, error) {
		ctx, cancel := context.WithTimeout(w.Context(), after)
		defer cancel()
		return w.send(ctx, c)
	})
}

var errUnheard = errors.New("the answer was not waited for")

// stammer has the client send a part of the request, or all of it, and not wait
// for the answer.
func (w *worker) stammer() {
	whole := w.chance(2)
	w.befall("clients that did not wait", func(c call) (apptest.Answer, error) {
		connection, err := net.Dial("tcp", strings.TrimPrefix(w.purse.Load().Base, "http://"))
		if err != nil {
			return apptest.Answer{}, err
		}
		defer connection.Close()
		body := c.body
		if !whole {
			body = body[:len(body)/2]
		}
		out := bufio.NewWriter(connection)
		fmt.Fprintf(out, "%s %s HTTP/1.1\r\nHost: purse\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", c.method, c.path, len(c.body))
		fmt.Fprintf(out, "%s: %s\r\nIdempotency-Key: %s\r\nbrowser: Chrome 122.0\r\n\r\n%s", c.header[0], c.header[1], c.key, body)
		return apptest.Answer{}, errors.Join(errUnheard, out.Flush())
	})
}

// kill ends the program with kill -9 in the middle of the request, and starts it
// again over what is left.
func (w *worker) kill() {
	after := w.moment()
	w.befall("kill -9", func(c call) (apptest.Answer, error) {
		return w.meanwhile(c, func() {
			time.Sleep(after) // to hit the request anywhere; nothing is asserted on it
			w.purse.Load().Kill()
			w.start()
		})
	})
}

// meanwhile sends a request while something happens.
func (w *worker) meanwhile(c call, happens func()) (apptest.Answer, error) {
	type sent struct {
		answer apptest.Answer
		err    error
	}
	done := make(chan sent, 1)
	go func() {
		answer, err := w.send(w.Context(), c)
		done <- sent{answer, err}
	}()
	happens()
	s := <-done
	return s.answer, s.err
}

// restart stops the program in an orderly way and starts it with other settings.
func (w *worker) restart(base, funding string, grants map[kind]int64) {
	w.faults["restarts"]++
	if err := w.purse.Load().Stop(); err != nil {
		w.fail("stopping: %v", err)
	}
	w.base, w.funding, w.grants = base, funding, grants
	w.start()
}

// busy has somebody else hold the database when the request comes.
func (w *worker) busy() {
	const hold = 50 * time.Millisecond
	w.befall("a database that was busy", func(c call) (apptest.Answer, error) {
		release := w.lock()
		return w.meanwhile(c, func() {
			time.Sleep(hold) // so that the request meets the lock; nothing is asserted on it
			release()
		})
	})
}

// lock keeps everybody else from writing until release.
func (w *world) lock() (release func()) {
	check := func(err error) {
		if err != nil {
			w.Errorf("locking the database: %v", err)
		}
	}
	if path, embedded := strings.CutPrefix(w.direct, "sqlite:"); embedded {
		connection, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
		check(err)
		connection.SetBusyTimeout(10 * time.Second)
		check(sqlitex.ExecuteTransient(connection, "BEGIN IMMEDIATE", nil))
		return func() {
			check(sqlitex.ExecuteTransient(connection, "ROLLBACK", nil))
			check(connection.Close())
		}
	}
	ctx := context.Background()
	connection, err := pgx.Connect(ctx, w.direct)
	check(err)
	_, err = connection.Exec(ctx, "BEGIN; LOCK TABLE accounts, transfers, entries IN EXCLUSIVE MODE")
	check(err)
	return func() {
		_, err := connection.Exec(ctx, "ROLLBACK")
		check(err)
		check(connection.Close(ctx))
	}
}

// drawFault has one of the faults befall the worker, those that take long less often.
func (w *worker) drawFault() {
	switch draw := w.random.IntN(20); {
	case draw < 9:
		w.hangUp()
	case draw < 14:
		w.stammer()
	case draw < 17:
		w.busy()
	case draw < 19 || !w.server():
		w.kill()
	default:
		w.killServer()
	}
}

// unheard kills the program under a request that cannot be repeated, and follows
// what is found then: all of it, told by a history or a list, or nothing.
func (w *worker) unheard() {
	p, a := w.walletOf()
	if a == nil || a.blocked {
		return
	}
	s := sum{minor: 1 + w.random.Int64N(5000)}
	s.text = text(s.minor, a.currency)
	before, _ := w.newest(a)
	answer, err := w.killed(w.atWallet(p, "POST", fmt.Sprintf("%d/deposit/", a.id), "amount", s.text))
	after, amount := w.newest(a)
	switch acknowledged := err == nil && answer.Status == 201; {
	case after != before && amount != s.text:
		w.fail("a deposit of %s was cut off, and is found as %s", s.text, amount)
	case after != before:
		w.pay(deposit, nil, a, s.minor).told(after)
	case acknowledged:
		w.fail("a deposit of %s was acknowledged, and is not in the history", s.text)
	}
	w.checkBot(p)

	b := &bill{name: fmt.Sprintf("Bill %d", w.random.IntN(1000)), amount: s.minor}
	owed := text(b.amount, p.wallets[0].currency)
	_, _ = w.killed(w.bank(p, "POST", "/bills/create", "name", quote(b.name), "amount", owed, "due_date", `"2031-01-02T03:04:05"`))
	list := w.bank(p, "GET", "/bills")
	list.header = w.credential(p, "bank")
	found, known := w.ask(list, 200) // 406 where there is none
	var shown []struct{ ID int64 }
	if known && found.Status == 200 {
		w.decode(found, &shown)
	}
	if len(shown) == len(p.bills)+1 {
		b.id = shown[len(shown)-1].ID
		p.bills = append(p.bills, b)
	}
	w.checkBills(p)
}

// newest is the newest line of a wallet's history.
func (w *worker) newest(a *account) (id, amount string) {
	w.Helper()
	var lines []struct{ ID, Amount string }
	if w.read(a.owner, "wallet", fmt.Sprintf("/users/wallets/%d/transactions/?limit=1", a.id), &lines); len(lines) == 0 {
		return "", ""
	}
	return lines[0].ID, lines[0].Amount
}

// killed sends a request once, and kills the program meanwhile. When it returns,
// nothing of the request is under way.
func (w *worker) killed(c call) (apptest.Answer, error) {
	c.header = w.credential(c.who, c.surface)
	w.kill()
	f := w.fault
	w.fault = nil
	answer, err := f(c)
	w.lock()() // a server may have the dead program's transaction still
	return answer, err
}

// server says whether the database is a server, which can be cut off and killed.
func (w *world) server() bool { return !strings.HasPrefix(w.direct, "sqlite:") }

// killServer ends the database server in the middle of the request, and starts it again.
func (w *worker) killServer() {
	w.befall("the database server's ends", func(c call) (apptest.Answer, error) {
		server := pgtest.Server(w.T)
		return w.meanwhile(c, func() {
			if err := errors.Join(server.Kill(), server.Start()); err != nil {
				w.Errorf("the database server: %v", err)
			}
		})
	})
}

// cutting cuts connections to the database at commits while do runs.
func (w *worker) cutting(proxy *cutproxy.Proxy, moment cutproxy.Moment, do func()) {
	if proxy == nil {
		do()
		return
	}
	before := proxy.Cuts(moment)
	w.trouble.Store(true)
	proxy.Cut(5, moment)
	do()
	proxy.Cut(0, moment)
	w.trouble.Store(false)
	w.faults["cuts "+moment.String()] += proxy.Cuts(moment) - before
}
