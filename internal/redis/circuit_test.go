package redis

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestOneQuestionASecondFindsOutWhetherTheServerIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCircuit()
		entered := func() (n int) {
			for range 50 {
				if c.enter() {
					n++
				}
			}
			return n
		}
		if entered() != 50 || c.succeed() {
			t.Fatal("a server that answers is not asked")
		}
		if !c.fail() || c.fail() {
			t.Error("the first failure is not told from the others")
		}
		for range 3 { // it stays down
			if entered() != 0 {
				t.Error("asked at once after a failure")
			}
			time.Sleep(pause)
			if n := entered(); n != 1 {
				t.Errorf("asked %d times after the pause, want once", n)
			}
			if c.fail() {
				t.Error("a server that stays down is told as new")
			}
		}
		time.Sleep(pause)
		if !c.enter() || !c.succeed() || c.succeed() {
			t.Error("the first answer is not told from the others")
		}
		if entered() != 50 {
			t.Error("not asked again after an answer")
		}
	})
}
