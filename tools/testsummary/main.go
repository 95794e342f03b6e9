// Command testsummary reads the output of "go test -json" from its standard
// input, prints a line for each package as it ends and the whole output of what
// failed, names what was skipped, and closes with a line that counts. It exits
// with 1 when anything failed or no test ran.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is one line of test2json's output.
type event struct {
	Action     string
	Package    string
	ImportPath string // of a build event
	Test       string
	Elapsed    float64 // seconds
	Output     string
}

func main() {
	passed, failed, skipped, err := summarize(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsummary:", err)
		os.Exit(1)
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped)
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
}

func summarize(in io.Reader, out io.Writer) (passed, failed, skipped int, err error) {
	outputs := map[string]*strings.Builder{}
	failedTests := map[string]bool{} // packages with a failed test: their own failure is not counted again
	output := func(key string) *strings.Builder {
		if outputs[key] == nil {
			outputs[key] = &strings.Builder{}
		}
		return outputs[key]
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(out, lines.Text())
			continue
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output", "build-output":
			output(key + e.ImportPath).WriteString(e.Output)
		case "build-fail":
			fmt.Fprint(out, output(" "+e.ImportPath))
		case "pass", "fail", "skip":
			switch {
			case e.Test != "" && e.Action == "pass":
				passed++
			case e.Test != "" && e.Action == "skip":
				skipped++
				fmt.Fprintf(out, "skipped %s %s\n%s", e.Package, e.Test, output(key))
			case e.Test != "":
				failed++
				failedTests[e.Package] = true
				fmt.Fprintf(out, "FAILED %s %s\n%s", e.Package, e.Test, output(key))
			case e.Action == "fail":
				if !failedTests[e.Package] {
					failed++
				}
				fmt.Fprintf(out, "FAILED %s\n%s", e.Package, output(key))
			case e.Action == "pass":
				fmt.Fprintf(out, "ok %s (%.1f s)\n", e.Package, e.Elapsed)
			}
			delete(outputs, key)
		}
	}
	return passed, failed, skipped, lines.Err()
}
