package bigquery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	rest "google.golang.org/api/bigquery/v2"
	"google.golang.org/api/googleapi"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
)

// What a failure asks for.
type verdict uint8

const (
	again   verdict = iota // it may go well another time
	setup                  // somebody has to set something right
	missing                // the same, unless what is missing was made a moment ago
	rows                   // something in the rows is refused
	tooBig                 // the batch is
)

// finding is what an answer of BigQuery says. It holds neither a value of a row nor a
// credential: messages of BigQuery quote what they were sent, so only codes and names
// of permissions are taken from them.
type finding struct {
	what  verdict
	says  string
	lacks string        // a permission
	wait  time.Duration // what it asks for
}

// reasons are BigQuery's own words for what went wrong, in an answer of its REST API and
// in the status of a job: https://cloud.google.com/bigquery/docs/error-messages
var reasons = map[string]verdict{
	"backendError": again, "blocked": again, "internalError": again, "jobBackendError": again, "jobInternalError": again,
	"jobRateLimitExceeded": again, "quotaExceeded": again, "rateLimitExceeded": again, "resourceInUse": again,
	"resourcesExceeded": again, "stopped": again, "tableUnavailable": again, "timeout": again,

	"accessDenied": setup, "authError": setup, "billingNotEnabled": setup, "billingTierLimitExceeded": setup, "forbidden": setup,
	"invalidQuery": setup, "invalidUser": setup, "notImplemented": setup, "proxyAuthenticationRequired": setup, "required": setup,
	"termsOfServiceNotAccepted": setup,

	"notFound":         missing,
	"responseTooLarge": tooBig, "uploadTooLarge": tooBig,
}

// reasonForm keeps anything else than such a word out of an error.
var reasonForm = regexp.MustCompile(`^[A-Za-z]{1,40}$`)

// permission is what a refusal says one lacks, in the words of IAM or of BigQuery.
var permission = regexp.MustCompile(`\b(bigquery\.[a-z]+\.[a-zA-Z]+|TABLES_[A-Z_]{1,40})\b`)

// explain says what an error of any of the clients means, and gives it the class that the
// dispatcher acts on.
func (d *driver) explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	err = hideURL(err)
	class, _ := core.Classify(err)
	if class != core.ClassRetry || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	var answer *googleapi.Error
	rpc, isRPC := status.FromError(err)
	switch {
	case errors.As(err, &answer):
		return d.judge(doing, readREST(answer))
	case isRPC:
		return d.judge(doing, d.readRPC(rpc))
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%s: the server ended the connection", doing)
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}

// judge makes an error of a finding.
func (d *driver) judge(doing string, f finding) error {
	err := fmt.Errorf("%s: BigQuery says %s%s", doing, f.says, d.advice(f))
	switch {
	case f.what == missing && d.justCreated():
		return fmt.Errorf("%w; what was made a moment ago is not known everywhere yet", err)
	case f.what == missing, f.what == setup:
		return core.Unauthorized(err)
	case f.what == rows:
		return core.Permanent(err)
	case f.what == tooBig:
		return core.TooLarge(err)
	case f.wait > 0:
		return core.RetryAfter(f.wait, err)
	default:
		return err
	}
}

// advice says what to do about it.
func (d *driver) advice(f finding) string {
	switch {
	case f.lacks != "":
		return fmt.Sprintf(" (%s); give roles/bigquery.dataEditor on the dataset, and roles/bigquery.jobUser on the project for load jobs and ensure_schema: create", f.lacks)
	case f.what == missing:
		return fmt.Sprintf("; make the table %s with the columns that are needed, or set ensure_schema: create", d.target)
	default:
		return ""
	}
}

// readREST reads an answer of the REST API.
func readREST(answer *googleapi.Error) finding {
	f := finding{says: fmt.Sprintf("HTTP %d", answer.Code), lacks: permission.FindString(answer.Message)}
	f.wait, _ = transport.ParseRetryAfter(answer.Header, time.Now())
	switch code := answer.Code; {
	case code == http.StatusNotFound:
		f.what = missing
	case code == http.StatusRequestEntityTooLarge:
		f.what = tooBig
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
		f.what = again
	default:
		f.what = setup // refused, redirected, or not understood
	}
	if len(answer.Errors) > 0 && reasonForm.MatchString(answer.Errors[0].Reason) {
		reason := answer.Errors[0].Reason
		f.says += ", " + reason
		f.wait = max(f.wait, restFor(reason))
		if what, known := reasons[reason]; known {
			f.what = what
		}
	}
	return f
}

// readJob reads why a job failed.
func readJob(failure *rest.ErrorProto) finding {
	reason := failure.Reason
	if !reasonForm.MatchString(reason) {
		return finding{says: "that the job failed"}
	}
	f := finding{what: reasons[reason], says: reason, lacks: permission.FindString(failure.Message), wait: restFor(reason)}
	if reason == "invalid" {
		f.what = rows
	}
	return f
}

// restFor says how long to rest after a reason that does not pass soon: a quota of a day gives
// back one of 1500 jobs in about a minute.
// https://cloud.google.com/bigquery/quotas#load_jobs
func restFor(reason string) time.Duration {
	if reason == "quotaExceeded" {
		return 5 * time.Minute
	}
	return 0
}

// readRPC reads an answer of the Storage Write API:
// https://cloud.google.com/bigquery/docs/write-api#error_handling
func (d *driver) readRPC(s *status.Status) finding {
	f := finding{says: s.Code().String(), lacks: permission.FindString(s.Message())}
	switch s.Code() {
	case codes.NotFound:
		f.what = missing
	case codes.PermissionDenied, codes.Unauthenticated, codes.Unimplemented:
		f.what = setup
	case codes.InvalidArgument, codes.OutOfRange:
		// Once an append has gone well, table and rows fit, so it is what is in the rows.
		if f.what = setup; d.writer.hasWritten() {
			f.what = rows
		}
	default: // Aborted, Canceled, DeadlineExceeded, FailedPrecondition, Internal, ResourceExhausted, Unavailable, Unknown
		f.what = again
	}
	for _, detail := range s.Details() {
		switch detail := detail.(type) {
		case *errdetails.RetryInfo:
			f.wait = max(0, detail.GetRetryDelay().AsDuration())
		case *storagepb.StorageError:
			f.says += ", " + detail.GetCode().String()
			if what, known := storageErrors[detail.GetCode()]; known {
				f.what = what
			}
		}
	}
	return f
}

// storageErrors are the details that say more than the code they come with.
var storageErrors = map[storagepb.StorageError_StorageErrorCode]verdict{
	storagepb.StorageError_TABLE_NOT_FOUND:              missing,
	storagepb.StorageError_STREAM_NOT_FOUND:             missing,
	storagepb.StorageError_SCHEMA_MISMATCH_EXTRA_FIELDS: missing,
	storagepb.StorageError_CMEK_NOT_PROVIDED:            setup,
	storagepb.StorageError_INVALID_CMEK_PROVIDED:        setup,
	storagepb.StorageError_KMS_PERMISSION_DENIED:        setup,
	storagepb.StorageError_KMS_SERVICE_ERROR:            again,
	storagepb.StorageError_CMEK_ENCRYPTION_ERROR:        again,
}

// isNotFound reports whether the REST API says that something is not there.
func isNotFound(err error) bool { return hasCode(err, http.StatusNotFound) }

func hasCode(err error, code int) bool {
	var answer *googleapi.Error
	return errors.As(err, &answer) && answer.Code == code
}

// isNetwork reports whether an error is that of a connection, not of an answer.
func isNetwork(err error) bool {
	var of net.Error
	return errors.As(err, &of) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// hideURL removes the URL that net/http puts before an error, and what is before that.
func hideURL(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}
