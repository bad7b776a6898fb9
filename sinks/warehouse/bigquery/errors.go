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
	rows                   // something in the rows is refused
	tooBig                 // the batch is
	missing                // something is not there: setup, unless it was just made
)

// reasons are BigQuery's own words for what went wrong, in an answer of its REST API and
// in the status of a job: https://cloud.google.com/bigquery/docs/error-messages
var reasons = map[string]verdict{
	"backendError": again, "internalError": again, "jobBackendError": again, "jobInternalError": again,
	"jobRateLimitExceeded": again, "quotaExceeded": again, "rateLimitExceeded": again,
	"resourceInUse": again, "resourcesExceeded": again, "stopped": again, "tableUnavailable": again,
	"timeout": again, "blocked": again,

	"accessDenied": setup, "authError": setup, "billingNotEnabled": setup, "billingTierLimitExceeded": setup, "forbidden": setup, "invalidQuery": setup,
	"invalidUser": setup, "notImplemented": setup, "proxyAuthenticationRequired": setup, "required": setup,
	"termsOfServiceNotAccepted": setup,

	"notFound":         missing,
	"responseTooLarge": tooBig, "uploadTooLarge": tooBig,
}

// reasonForm keeps anything else than such a word out of an error.
var reasonForm = regexp.MustCompile(`^[A-Za-z]{1,40}$`)

// permission is what a refusal says one lacks, in the words of IAM or of BigQuery.
var permission = regexp.MustCompile(`\b(bigquery\.[a-z]+\.[a-zA-Z]+|TABLES_[A-Z_]{1,40})\b`)

// explain says what an error of any of the clients means, in words that hold neither a
// value of a row nor a credential: messages of BigQuery quote what they were sent, so only
// codes and the names of permissions are taken from them.
func (d *driver) explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	if class, _ := core.Classify(err); class != core.ClassRetry || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", doing, hideURL(err))
	}
	var answer *googleapi.Error
	var what verdict
	var says, lacks string
	var wait time.Duration
	switch rpc, isRPC := status.FromError(err); {
	case errors.As(err, &answer):
		what, says = judgeREST(answer)
		lacks = permission.FindString(answer.Message)
		wait, _ = transport.ParseRetryAfter(answer.Header, time.Now())
	case isRPC:
		what, says = d.judgeRPC(rpc)
		lacks = permission.FindString(rpc.Message())
		wait = retryDelay(rpc)
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%s: the server ended the stream", doing)
	default:
		return fmt.Errorf("%s: %w", doing, hideURL(err))
	}
	return d.verdict(what, wait, fmt.Errorf("%s: BigQuery says %s%s", doing, says, d.advice(what, says, lacks)))
}

// verdict gives an error the class that the dispatcher acts on.
func (d *driver) verdict(what verdict, wait time.Duration, err error) error {
	switch {
	case what == missing && d.justCreated():
		return fmt.Errorf("%w; it was made a moment ago and is not known everywhere yet", err)
	case what == missing, what == setup:
		return core.Unauthorized(err)
	case what == rows:
		return core.Permanent(err)
	case what == tooBig:
		return core.TooLarge(err)
	case wait > 0:
		return core.RetryAfter(wait, err)
	default:
		return err
	}
}

// advice says what to do about it.
func (d *driver) advice(what verdict, says, lacks string) string {
	switch {
	case lacks != "":
		return fmt.Sprintf(" (%s); give roles/bigquery.dataEditor on the dataset, and roles/bigquery.jobUser on the project for load jobs and ensure_schema: create", lacks)
	case what == missing:
		return fmt.Sprintf("; make the table %s, or set ensure_schema: create", d.target)
	case what == setup && says == codes.Unauthenticated.String():
		return "; look at the credentials"
	default:
		return ""
	}
}

// judgeREST reads an answer of the REST API.
func judgeREST(answer *googleapi.Error) (what verdict, says string) {
	says = fmt.Sprintf("HTTP %d", answer.Code)
	if len(answer.Errors) > 0 && reasonForm.MatchString(answer.Errors[0].Reason) {
		reason := answer.Errors[0].Reason
		says += ", " + reason
		if what, known := reasons[reason]; known {
			return what, says
		}
	}
	switch code := answer.Code; {
	case code == http.StatusNotFound:
		return missing, says
	case code == http.StatusRequestEntityTooLarge:
		return tooBig, says
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
		return again, says
	default:
		return setup, says // refused, redirected, or not understood
	}
}

// judgeJob reads why a job failed.
func judgeJob(failure *rest.ErrorProto) (what verdict, says string) {
	if !reasonForm.MatchString(failure.Reason) {
		return again, "that the job failed"
	}
	if failure.Reason == "invalid" {
		return rows, failure.Reason
	}
	return reasons[failure.Reason], failure.Reason // again, where it is unknown
}

// judgeRPC reads an answer of the Storage Write API:
// https://cloud.google.com/bigquery/docs/write-api#error_handling
func (d *driver) judgeRPC(s *status.Status) (what verdict, says string) {
	says = s.Code().String()
	for _, detail := range s.Details() {
		storage, ok := detail.(*storagepb.StorageError)
		if !ok || storage.GetCode() == storagepb.StorageError_STORAGE_ERROR_CODE_UNSPECIFIED {
			continue
		}
		says += ", " + storage.GetCode().String()
		switch storage.GetCode() {
		case storagepb.StorageError_TABLE_NOT_FOUND, storagepb.StorageError_STREAM_NOT_FOUND, storagepb.StorageError_SCHEMA_MISMATCH_EXTRA_FIELDS:
			return missing, says
		case storagepb.StorageError_CMEK_NOT_PROVIDED, storagepb.StorageError_INVALID_CMEK_PROVIDED, storagepb.StorageError_KMS_PERMISSION_DENIED:
			return setup, says
		case storagepb.StorageError_KMS_SERVICE_ERROR, storagepb.StorageError_CMEK_ENCRYPTION_ERROR:
			return again, says
		}
	}
	switch s.Code() {
	case codes.NotFound:
		return missing, says
	case codes.PermissionDenied, codes.Unauthenticated, codes.Unimplemented:
		return setup, says
	case codes.InvalidArgument, codes.OutOfRange:
		if d.writer.hasWritten() {
			return rows, says // the form of the rows is right, so it is what is in them
		}
		return setup, says
	default: // Aborted, Canceled, DeadlineExceeded, FailedPrecondition, Internal, ResourceExhausted, Unavailable, Unknown
		return again, says
	}
}

// retryDelay returns how long the service asks to wait, zero if it does not.
func retryDelay(s *status.Status) time.Duration {
	for _, detail := range s.Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return max(0, info.GetRetryDelay().AsDuration())
		}
	}
	return 0
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

// hideURL removes the URL that net/http puts before an error: a name of somebody's project
// says nothing about what is wrong.
func hideURL(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}
