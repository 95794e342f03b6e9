// Package admin is what operators do about people from the command line: it
// finds who is meant, calls identity, and tells what has come of it, as text or
// as JSON. An error says what to do next. The command line itself, and opening
// the database, must not be here.
package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"purse/internal/fault"
	"purse/internal/identity"
	"purse/internal/mailaddr"
)

// Desk is where the commands are carried out.
type Desk struct {
	People *identity.Service
	Out    io.Writer
	JSON   bool
}

// user is a user with what they are, in JSON.
type user struct {
	ID                int64    `json:"id"`
	Email             string   `json:"email"`
	Phone             string   `json:"phone"`
	Login             string   `json:"login"`
	TelegramID        int64    `json:"telegram_id"`
	FirstName         string   `json:"first_name"`
	LastName          string   `json:"last_name"`
	Status            string   `json:"status"`
	TwoFactorRequired bool     `json:"two_factor_required"`
	CreatedAt         string   `json:"created_at"`
	Roles             []string `json:"roles"`
	Groups            []string `json:"groups"`
	Permissions       []string `json:"permissions"`
}

// read is the user as they are now.
func (d Desk) read(ctx context.Context, id identity.UserID) (user, error) {
	a, err := d.People.Account(ctx, id)
	if err != nil {
		return user{}, err
	}
	u := user{
		ID: int64(a.ID), Email: a.Email, Phone: a.Phone, Login: a.Login, TelegramID: a.TelegramID, FirstName: a.FirstName, LastName: a.LastName,
		Status: string(a.Status), TwoFactorRequired: a.TwoFactorRequired, CreatedAt: a.CreatedAt.UTC().Format(time.RFC3339),
		Roles: []string{}, Groups: []string{}, Permissions: append([]string{}, a.Permissions...),
	}
	for _, role := range a.Roles {
		u.Roles = append(u.Roles, role.Name)
	}
	for _, group := range a.Groups {
		u.Groups = append(u.Groups, group.Name)
	}
	return u, nil
}

// tell says a sentence, or value as JSON.
func (d Desk) tell(value any, sentence string, args ...any) error {
	if !d.JSON {
		_, err := fmt.Fprintf(d.Out, sentence+"\n", args...)
		return err
	}
	encoder := json.NewEncoder(d.Out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// table prints rows of cells, the first row above the others.
func (d Desk) table(rows ...[]string) error {
	w := tabwriter.NewWriter(d.Out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// orNone is a list of names for people.
func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// explain says in an error what to do next. name is what the command named.
func explain(err error, name string) error {
	switch {
	case errors.Is(err, identity.ErrNoRole):
		return fmt.Errorf("there is no role %q; list them with: purse admin role list", name)
	case errors.Is(err, identity.ErrNoGroup):
		return fmt.Errorf("there is no group %q; list them with: purse admin group list, or make it with: purse admin group create %q", name, name)
	case errors.Is(err, identity.ErrNameTaken):
		return fmt.Errorf("%q exists already", name)
	case errors.Is(err, identity.ErrName):
		return errors.New(fault.From(err).Text)
	}
	return err
}

// find looks a user up by id, e-mail, phone or login.
func (d Desk) find(ctx context.Context, name string) (identity.User, error) {
	found, err := d.People.Find(ctx, name)
	if errors.Is(err, identity.ErrNoUser) {
		return found, fmt.Errorf("there is no user %q; name them by their id, e-mail, phone or login", name)
	}
	return found, err
}

// Create makes an administrator.
func (d Desk) Create(ctx context.Context, email, password string) error {
	address, err := mailaddr.Parse(email)
	if err != nil {
		return fmt.Errorf("%q is not an e-mail address", email)
	}
	made, err := d.People.CreateAdministrator(ctx, address, password)
	switch {
	case errors.Is(err, identity.ErrIdentifierTaken):
		return fmt.Errorf("there is a user with the e-mail %s already; make them an administrator with: purse admin role grant %s %s", address, address, identity.RoleAdmin)
	case errors.Is(err, identity.ErrWeakPassword):
		return fmt.Errorf("the password must have %d to %d characters (better 15 or more) and be none of the common ones; several words do well", identity.MinPassword, identity.MaxPassword)
	case err != nil:
		return err
	}
	u, err := d.read(ctx, made.ID)
	if err != nil {
		return err
	}
	return d.tell(u, "User %d, %s, is an administrator. They sign in at /console, with a code that comes by mail.", u.ID, u.Email)
}

// ShowUser prints all that operators may know of a user.
func (d Desk) ShowUser(ctx context.Context, name string) error {
	found, err := d.find(ctx, name)
	if err != nil {
		return err
	}
	u, err := d.read(ctx, found.ID)
	if err != nil {
		return err
	}
	if d.JSON {
		return d.tell(u, "")
	}
	rows := [][]string{{"id", fmt.Sprint(u.ID)}}
	for _, row := range [][2]string{{"name", strings.TrimSpace(u.FirstName + " " + u.LastName)}, {"e-mail", u.Email}, {"phone", u.Phone}, {"login", u.Login}} {
		if row[1] != "" {
			rows = append(rows, row[:])
		}
	}
	if u.TelegramID != 0 {
		rows = append(rows, []string{"telegram id", fmt.Sprint(u.TelegramID)})
	}
	steps := "one or two steps"
	if u.TwoFactorRequired {
		steps = "two steps only"
	}
	return d.table(append(rows, []string{"status", u.Status}, []string{"signs in with", steps}, []string{"since", u.CreatedAt},
		[]string{"roles", orNone(u.Roles)}, []string{"groups", orNone(u.Groups)}, []string{"may", orNone(u.Permissions)})...)
}

// Activate lets a user act again.
func (d Desk) Activate(ctx context.Context, name string) error {
	activate := func(ctx context.Context, id identity.UserID) error {
		err := d.People.Activate(ctx, id)
		if errors.Is(err, identity.ErrNoUser) {
			return fmt.Errorf("user %d has left: erased, or merged into another; nobody can be them again", id)
		}
		return err
	}
	return d.change(ctx, name, name, activate, func(u user) string { return fmt.Sprintf("User %d is active.", u.ID) })
}

// Deactivate keeps a user from acting.
func (d Desk) Deactivate(ctx context.Context, name string) error {
	return d.change(ctx, name, name, d.People.Deactivate, func(u user) string {
		return fmt.Sprintf("User %d is inactive and signed out everywhere. To undo it: purse admin user activate %d", u.ID, u.ID)
	})
}

// change does something to a user, and tells how they are then, once it counts on
// every node: the next request is to find it. what is the role, permission or
// group that it is about.
func (d Desk) change(ctx context.Context, name, what string, do func(context.Context, identity.UserID) error, sentence func(user) string) error {
	found, err := d.find(ctx, name)
	if err != nil {
		return err
	}
	if err := do(ctx, found.ID); err != nil {
		return explain(err, what)
	}
	if err := d.People.Everywhere(ctx); err != nil {
		return fmt.Errorf("it is done, but may count a second from now only: %w", err)
	}
	u, err := d.read(ctx, found.ID)
	if err != nil {
		return err
	}
	return d.tell(u, "%s", sentence(u))
}
