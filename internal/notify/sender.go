package notify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"purse/internal/secret"
)

const (
	pollEvery   = time.Second         // real time: what another node or a retry has made due
	sendTimeout = 30 * time.Second    // of one message
	sendsAtOnce = 8                   // messages on their way at the same time
	claimLimit  = 4 * sendsAtOnce     // so a claim is sent within 4 × sendTimeout,
	leaseTime   = 5 * time.Minute     // well before its lease ends
	maxAttempts = 12                  // the last one about 100 minutes after the first
	firstDelay  = 5 * time.Second     // doubled after each attempt,
	maxDelay    = 30 * time.Minute    // up to this
	settleTime  = 10 * time.Second    // to write an outcome down, also when Purse is ending
	failedStay  = 30 * 24 * time.Hour // how long an operator can see that a message was given up
	dropEvery   = 24 * time.Hour      // real time: how often those are removed
)

// Sender sends what is in an outbox. Several may run, on several nodes: a
// message is leased to one of them at a time. A message is sent at least once;
// should a node end between sending and noting it, the copy carries the same
// Message-ID.
type Sender struct {
	outbox *Outbox
	owner  string
}

// NewSender makes a sender of an outbox.
func NewSender(outbox *Outbox) *Sender {
	return &Sender{outbox: outbox, owner: secret.Token()}
}

// Run sends until ctx is done; then it finishes or breaks off what is on its
// way and returns nil. A message that was broken off is due again at once.
func (s *Sender) Run(ctx context.Context) error {
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	var dropped time.Time
	for ctx.Err() == nil {
		claimed, err := s.SendDue(ctx)
		if err != nil && ctx.Err() == nil {
			s.outbox.config.Log.Error("sending messages", "error", err)
		}
		if now := time.Now(); now.Sub(dropped) >= dropEvery {
			dropped = now
			s.dropFailed(ctx)
		}
		if claimed == claimLimit && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-s.outbox.wake:
		case <-poll.C:
		}
	}
	return nil
}

// SendDue claims messages that are due, at most one claim's worth, tries each
// once and says how many it claimed. Messages that could not be sent are not
// an error of SendDue.
func (s *Sender) SendDue(ctx context.Context) (claimed int, err error) {
	var rows []Row
	err = s.outbox.config.Store.Update(ctx, func(tx Tx) (err error) {
		rows, err = tx.ClaimOutbox(s.owner, tx.Now().Add(leaseTime), claimLimit)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("notify: claiming messages: %w", err)
	}
	failed := make([]error, len(rows))
	places := make(chan struct{}, sendsAtOnce)
	var wait sync.WaitGroup
	for i, row := range rows {
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			failed[i] = s.sendOne(ctx, row)
		})
	}
	wait.Wait()
	return len(rows), errors.Join(failed...)
}

// sendOne tries one claimed message and settles it.
func (s *Sender) sendOne(ctx context.Context, row Row) error {
	failure := s.try(ctx, row)
	var settle func(tx Tx) error
	switch log := s.outbox.config.Log.With("message", row.ID.String(), "attempt", row.Attempts); {
	case failure == nil:
		settle = func(tx Tx) error { return tx.OutboxSent(row.ID, s.owner) }
	case ctx.Err() != nil: // Purse is ending: this says nothing about the message
		settle = func(tx Tx) error { return tx.OutboxRetry(row.ID, s.owner, tx.Now()) }
	case errors.Is(failure, ErrPermanent) || row.Attempts >= maxAttempts:
		log.Error("message given up", "error", failure)
		settle = func(tx Tx) error { return tx.OutboxFailed(row.ID, s.owner) }
	default:
		delay := retryDelay(row.Attempts)
		log.Warn("message not sent", "error", failure, "retry_in", delay)
		settle = func(tx Tx) error { return tx.OutboxRetry(row.ID, s.owner, tx.Now().Add(delay)) }
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	if err := s.outbox.config.Store.Update(ctx, settle); err != nil {
		return fmt.Errorf("notify: settling message %s: %w", row.ID, err)
	}
	return nil
}

func (s *Sender) try(ctx context.Context, row Row) error {
	m, err := s.outbox.open(row)
	if err != nil {
		return errors.Join(err, ErrPermanent) // another key: no attempt will read it
	}
	transport := s.outbox.config.Transports[m.Channel]
	if transport == nil {
		return fmt.Errorf("no transport for channel %q", m.Channel)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return transport.Send(ctx, m)
}

// retryDelay is how long to wait after an attempt, counted from 1.
func retryDelay(attempt int) time.Duration {
	delay := firstDelay
	for range attempt - 1 {
		if delay *= 2; delay >= maxDelay {
			return maxDelay
		}
	}
	return delay
}

func (s *Sender) dropFailed(ctx context.Context) {
	err := s.outbox.config.Store.Update(ctx, func(tx Tx) error { return tx.DropFailedOutbox(tx.Now().Add(-failedStay)) })
	if err != nil && ctx.Err() == nil {
		s.outbox.config.Log.Error("removing messages that were given up", "error", err)
	}
}
