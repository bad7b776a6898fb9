package consent

import "strings"

// vendors are the continuous-integration services that say who they are, and the
// variable by which each does. Hosts that set their variable at run time too, such as
// Vercel or Render, are left out: a server in production is not a build.
var vendors = [...]struct{ variable, name string }{
	{"GITEA_ACTIONS", "Gitea Actions"}, // also set GITHUB_ACTIONS, as does Forgejo
	{"FORGEJO_ACTIONS", "Forgejo Actions"},
	{"GITHUB_ACTIONS", "GitHub Actions"},
	{"GITLAB_CI", "GitLab CI"},
	{"CIRCLECI", "CircleCI"},
	{"TRAVIS", "Travis CI"},
	{"JENKINS_URL", "Jenkins"},
	{"HUDSON_URL", "Hudson"},
	{"TF_BUILD", "Azure Pipelines"},
	{"BITBUCKET_BUILD_NUMBER", "Bitbucket Pipelines"},
	{"BUILDKITE", "Buildkite"},
	{"APPVEYOR", "AppVeyor"},
	{"TEAMCITY_VERSION", "TeamCity"},
	{"DRONE", "Drone"},
	{"CODEBUILD_BUILD_ARN", "AWS CodeBuild"},
	{"CIRRUS_CI", "Cirrus CI"},
	{"SEMAPHORE", "Semaphore"},
	{"bamboo_planKey", "Bamboo"},
	{"BITRISE_IO", "Bitrise"},
	{"BUDDY_WORKSPACE_ID", "Buddy"},
	{"CM_BUILD_ID", "Codemagic"},
	{"GO_PIPELINE_LABEL", "GoCD"},
	{"PROW_JOB_ID", "Prow"},
	{"HARNESS_BUILD_ID", "Harness"},
	{"WOODPECKER", "Woodpecker"},
	{"APPCENTER_BUILD_ID", "App Center"},
	{"EAS_BUILD", "Expo Application Services"},
	{"CF_PAGES", "Cloudflare Pages"},
}

// generic are variables that many other services set.
var generic = [...]string{
	"CI", "CONTINUOUS_INTEGRATION", "BUILD_NUMBER", "BUILD_ID", "RUN_ID",
	"CI_NAME", "CI_APP_ID", "CI_BUILD_ID", "CI_BUILD_NUMBER",
}

// DetectCI reports whether the program runs in continuous integration, and the name
// of the service, or "CI" when that is not known. CI=false turns detection off.
func DetectCI(lookup func(key string) (string, bool)) (name string, ok bool) {
	set := func(variable string) bool {
		v, _ := lookup(variable)
		v = strings.TrimSpace(v)
		return v != "" && !strings.EqualFold(v, "false")
	}
	if v, ok := lookup("CI"); ok && strings.TrimSpace(v) != "" && !Enabled(v) {
		return "", false
	}
	for _, v := range vendors {
		if set(v.variable) {
			return v.name, true
		}
	}
	for _, variable := range generic {
		if set(variable) {
			return "CI", true
		}
	}
	return "", false
}
