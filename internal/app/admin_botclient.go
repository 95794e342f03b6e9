package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"purse/internal/botclient"
	"purse/internal/store"
)

func (a *Administration) botClients() *botclient.Service {
	return botclient.New(botclient.Options{Work: store.Narrow[botclient.Tx](a.Engine), Clock: a.Clock, Root: a.Root, Peers: peersOfBots(a.nodes)})
}

// everywhere waits until the secrets count on every node.
func (a *Administration) everywhere(ctx context.Context) error {
	people, err := a.People()
	if err == nil {
		err = people.Everywhere(ctx)
	}
	if err != nil {
		return fmt.Errorf("it is done, but may count a second from now only: %w", err)
	}
	return nil
}

// AddBotClient gives a client one more secret, writes it to out, and says about
// it on notes. It returns when the secret counts on every node.
func (a *Administration) AddBotClient(ctx context.Context, id botclient.ID, out, notes io.Writer) error {
	added, text, err := a.botClients().Add(ctx, id)
	if errors.Is(err, botclient.ErrID) {
		return fmt.Errorf("%q is no client's id: it has 1 to 64 letters, digits, '_', '.' and '-'", id)
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(notes, "secret %d of %s; it is not shown again:\n", added.Secret, id); err != nil {
		return err
	}
	if _, err = fmt.Fprintln(out, text); err != nil {
		return err
	}
	return a.everywhere(ctx)
}

// ListBotClients writes the secrets of a client, or of all, to out: all about
// them but what they are.
func (a *Administration) ListBotClients(ctx context.Context, id botclient.ID, out io.Writer) error {
	list, err := a.botClients().List(ctx, id)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CLIENT\tSECRET\tADDED")
	for _, one := range list {
		fmt.Fprintf(table, "%s\t%d\t%s\n", one.Client, one.Secret, one.CreatedAt.UTC().Format(time.RFC3339))
	}
	return table.Flush()
}

// RemoveBotClient removes one secret of a client, or all when which is 0. It
// returns when what they sign is refused on every node.
func (a *Administration) RemoveBotClient(ctx context.Context, id botclient.ID, which botclient.SecretID, out io.Writer) error {
	removed, err := a.botClients().Remove(ctx, id, which)
	if errors.Is(err, botclient.ErrNone) {
		return fmt.Errorf("there is no such secret of a client %q in the database; see: purse admin bot-client list", id)
	}
	if err == nil {
		err = a.everywhere(ctx)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "removed %d of the secrets of %s\n", removed, id)
	return err
}
