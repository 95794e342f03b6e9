package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"purse/internal/app"
)

type versionCommand struct{}

func (versionCommand) Help() string {
	return `Prints the version of Purse, the revision it was built from, and the Go that built it.

Example:
  purse version`
}

// Run prints the version.
func (versionCommand) Run() error {
	revision := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				revision = setting.Value
			}
		}
	}
	_, err := fmt.Printf("purse %s (revision %s, %s, %s/%s)\n", app.Version, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
