package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"purse/internal/admin"
	"purse/internal/identity"
)

type adminCreateCommand struct {
	aboutPeople `embed:""`
	Email       string `required:"" placeholder:"ADDRESS" help:"E-mail address, to which the codes of their sign-ins go."`
}

func (adminCreateCommand) Help() string {
	return `Makes a user with the role ADMIN, who may do everything and signs in with two steps alone. The password is asked for
twice and not shown; where no terminal is, it is the first line of the standard input.

Examples:
  purse admin create --email root@example.com
  purse admin create --email root@example.com < password.txt`
}

// Run makes the administrator.
func (c adminCreateCommand) Run(ctx context.Context) error {
	return c.do(ctx, func(desk admin.Desk) error {
		password, err := askPassword(ctx)
		if err != nil {
			return err
		}
		return desk.Create(ctx, c.Email, password)
	})
}

// askPassword reads a new password from the person at the terminal, or from the
// standard input.
func askPassword(ctx context.Context) (string, error) {
	terminal := int(os.Stdin.Fd())
	if !term.IsTerminal(terminal) {
		line, err := bufio.NewReader(io.LimitReader(os.Stdin, 4*identity.MaxPassword+2)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return "", errors.New("there is no password on the standard input")
		}
		return line, nil
	}
	first, err := askHidden(ctx, terminal, "Password: ")
	if err != nil {
		return "", err
	}
	second, err := askHidden(ctx, terminal, "Once more: ")
	if err == nil && first != second {
		err = errors.New("the two differ; nothing was made")
	}
	return first, err
}

// askHidden reads a line that the terminal does not show, until ctx ends. Then
// the read itself goes on, until the program ends in a moment.
func askHidden(ctx context.Context, terminal int, prompt string) (string, error) {
	shown, err := term.GetState(terminal)
	if err != nil {
		return "", fmt.Errorf("asking for the password: %w", err)
	}
	fmt.Fprint(os.Stderr, prompt)
	defer fmt.Fprintln(os.Stderr)
	type answer struct {
		text []byte
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(terminal)
		answered <- answer{text, err}
	}()
	select {
	case a := <-answered:
		if a.err != nil {
			return "", fmt.Errorf("reading the password: %w", a.err)
		}
		return string(a.text), nil
	case <-ctx.Done():
		return "", errors.Join(errors.New("no password was given; nothing was made"), term.Restore(terminal, shown))
	}
}
