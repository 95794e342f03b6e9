package schema_test

import (
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"purse/internal/store/schema"
)

func TestTheListHoldsWhatEitherSideKnowsInOrder(t *testing.T) {
	files := fstest.MapFS{"m/00010_later.sql": {}, "m/00002_second_step.sql": {}, "m/00001_first.sql": {}}
	at := time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC)
	list, err := schema.List(files, "m", map[int64]time.Time{1: at, 7: at})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, m := range list {
		got += fmt.Sprintf("%d %q known=%v applied=%v\n", m.Version, m.Name, m.Known(), m.Applied())
	}
	want := "1 \"first\" known=true applied=true\n2 \"second_step\" known=true applied=false\n7 \"\" known=false applied=true\n10 \"later\" known=true applied=false\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAFileWithoutAVersionIsAnError(t *testing.T) {
	for _, files := range []fstest.MapFS{{"m/first.sql": {}}, {}} {
		if list, err := schema.List(files, "m", nil); err == nil {
			t.Errorf("%v gives %v", files, list)
		}
	}
}
