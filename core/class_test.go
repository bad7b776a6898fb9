package core

import (
	"errors"
	"testing"
	"time"
)

func TestAnErrorOfAClassIsWhatTheFunctionOfThatNameMakes(t *testing.T) {
	err := errors.New("no")
	for class, want := range map[Class]error{
		"": err, ClassRetry: err, ClassPermanent: Permanent(err), ClassRefused: Refused(err), ClassTooLarge: TooLarge(err),
		ClassUnauthorized: Unauthorized(err), ClassDeclined: Declined(err), ClassRetryAfter: RetryAfter(time.Minute, err),
	} {
		got := OfClass(class, time.Minute, err)
		gotClass, gotWait := Classify(got)
		wantClass, wantWait := Classify(want)
		if gotClass != wantClass || gotWait != wantWait || !errors.Is(got, err) || got.Error() != err.Error() {
			t.Errorf("%q: got %v, %s, %s", class, got, gotClass, gotWait)
		}
	}
	if got := OfClass(ClassRetry, time.Minute, err); got != err {
		t.Error("an error to retry is wrapped")
	}
}
