package main

import (
	"strings"
	"testing"
)

func TestSummaryCountsTestsAndShowsWhatFailed(t *testing.T) {
	for _, test := range []struct {
		name                    string
		events                  string
		passed, failed, skipped int
		shows                   []string
	}{
		{
			"passing tests are counted and their output is not shown",
			`{"Action":"output","Package":"p","Test":"TestA","Output":"quiet\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA/sub"}
{"Action":"pass","Package":"p","Elapsed":0.5}`, 2, 0, 0, []string{"ok p (0.5 s)"},
		},
		{
			"a failing test is shown with its output, and its package is not counted again",
			`{"Action":"output","Package":"p","Test":"TestA","Output":"what went wrong\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`, 0, 1, 0, []string{"FAILED p TestA", "what went wrong"},
		},
		{
			"a package that fails without a failing test counts as one",
			`{"Action":"output","Package":"p","Output":"panic: boom\n"}
{"Action":"fail","Package":"p"}`, 0, 1, 0, []string{"FAILED p", "panic: boom"},
		},
		{
			"a package that does not build counts as one and is shown",
			`{"ImportPath":"p [p.test]","Action":"build-output","Output":"x.go:1: undefined: y\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`, 0, 1, 0, []string{"undefined: y"},
		},
		{
			"a skipped test is said aloud",
			`{"Action":"output","Package":"p","Test":"TestA","Output":"no browser here\n"}
{"Action":"skip","Package":"p","Test":"TestA"}`, 0, 0, 1, []string{"skipped p TestA", "no browser here"},
		},
		{
			"text that is no event is passed on",
			"go: downloading something", 0, 0, 0, []string{"go: downloading something"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			passed, failed, skipped, err := summarize(strings.NewReader(test.events), &out)
			if err != nil || passed != test.passed || failed != test.failed || skipped != test.skipped {
				t.Errorf("%d passed, %d failed, %d skipped, %v; want %d, %d, %d", passed, failed, skipped, err, test.passed, test.failed, test.skipped)
			}
			for _, want := range test.shows {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the output lacks %q:\n%s", want, out.String())
				}
			}
			if strings.Contains(out.String(), "quiet") {
				t.Errorf("the output shows what a passing test said:\n%s", out.String())
			}
		})
	}
}
