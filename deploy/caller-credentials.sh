#!/bin/sh
# Prints a caller's Google ID token for the AWS SDKs' credential_process, like `fedbridge caller-credentials`, on machines without Node.
#
#   caller-credentials.sh --audience URL
#
# In ~/.aws/config:  credential_process = /usr/local/bin/caller-credentials.sh --audience URL
#
# Requests a token for URL from this machine's metadata server, or from the server that GCE_METADATA_IP or GCE_METADATA_HOST
# names. Prints only the credentials on standard output; errors go to standard error. Exit codes: 0, credentials; 1, no token;
# 2, wrong usage. Needs a POSIX shell, awk, date and curl. Never passes the token as an argument, because every user of the
# machine can see arguments.
set -u
LC_ALL=C
export LC_ALL

usage() {
  cat >&2 <<'USAGE'
caller-credentials.sh: --audience is required, and no other argument is accepted. Give the audience that the bridge's operator chose.
Usage: caller-credentials.sh --audience URL

Prints credentials for S3 clients. The session token is this machine's Google ID token for audience URL.
In ~/.aws/config:  credential_process = /usr/local/bin/caller-credentials.sh --audience URL
USAGE
  exit 2
}

# fail FIELD RULE REMEDY
fail() {
  printf 'caller-credentials.sh: %s: %s. %s\n' "$1" "$2" "$3" >&2
  exit 1
}

audience=
while [ $# -gt 0 ]; do
  case $1 in
    --audience=*) audience=${1#--audience=} ;;
    --audience)
      [ $# -ge 2 ] || usage
      case $2 in -*) usage ;; esac
      audience=$2
      shift
      ;;
    *) usage ;;
  esac
  shift
done
[ -n "$audience" ] || usage

for tool in awk curl date; do
  command -v "$tool" >/dev/null 2>&1 || fail "$tool" 'must be installed, but is not' 'Install it.'
done

# Like gcp-metadata, accepts a host with or without a scheme, and drops any path.
host=${GCE_METADATA_IP:-${GCE_METADATA_HOST:-169.254.169.254}}
case $host in http://* | https://*) ;; *) host=http://$host ;; esac
authority=${host#*://}
url=${host%%://*}://${authority%%/*}/computeMetadata/v1/instance/service-accounts/default/identity

# Prints headers and body. -q ignores .curlrc. No proxy is used, because the proxy's metadata server would return a token for
# the proxy's machine. curl escapes the audience. format=full is needed because tokens in the standard format have no email on
# Cloud Run.
request() {
  curl -q --silent --include --get --max-time 5 --noproxy '*' --proto '=http,https' \
    --header 'Metadata-Flavor: Google' \
    --data-urlencode "audience=$audience" --data 'format=full' "$url" 2>/dev/null
}

# Retries temporary failures (429, 5xx, a server that is still starting) for a few seconds, but does not retry a timeout.
for pause in 1 2 0; do
  response=$(request)
  result=$?
  status=
  if [ "$result" -eq 0 ]; then
    status=${response#* }
    status=${status%%[!0-9]*}
  fi
  case $result,$status in
    28, | 0,2?? | 0,3?? | 0,400 | 0,401 | 0,403 | 0,404) break ;;
  esac
  [ "$pause" -eq 0 ] || sleep "$pause"
done

off_google_cloud='Outside Google Cloud there is no metadata server: impersonate a service account, as shown in docs/how-to/clients.'
if [ "$result" -eq 28 ]; then
  fail 'metadata server' 'must respond within 5 s, but did not' \
    "Try again. If the problem persists, restart the machine. $off_google_cloud"
elif [ "$result" -ne 0 ]; then
  fail 'metadata server' 'must be reachable, but is not' \
    "On Google Cloud, check GCE_METADATA_HOST. $off_google_cloud"
elif [ "$status" = 404 ]; then
  fail 'metadata server' 'must have a service account, but has none' \
    'Attach a service account to this machine or service. On GKE, link the Kubernetes service account to a Google service account.'
elif [ "$status" != 200 ]; then
  fail 'metadata server' "must respond with status 200, but responded with ${status:-none}" \
    'Try again. If the problem persists, check GCE_METADATA_HOST.'
fi

# One awk program reads the response and the token's expiry and converts the date: base64 and `date -d` differ between systems.
# A string in the claims cannot be mistaken for "exp", because quotes inside it are escaped.
credentials=$(
  awk -v now="$(date +%s)" '
    function decoded(text,    alphabet, bits, byte, i, out, power, value) {
      alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
      for (i = 1; i <= length(text); i++) {
        value = value * 64 + index(alphabet, substr(text, i, 1)) - 1
        bits += 6
        if (bits >= 8) {
          bits -= 8
          power = bits == 0 ? 1 : bits == 2 ? 4 : 16
          byte = int(value / power)
          value -= byte * power
          out = out (byte < 32 || byte > 126 ? "?" : sprintf("%c", byte))
        }
      }
      return out
    }
    # Converts days since 1970 to a Gregorian date, counting eras of 400 years that begin in March.
    function iso(time,    clock, day, era, month, ofEra, ofYear, year) {
      day = int(time / 86400) + 719468
      clock = time % 86400
      era = int(day / 146097)
      ofEra = day - era * 146097
      year = int((ofEra - int(ofEra / 1460) + int(ofEra / 36524) - int(ofEra / 146096)) / 365)
      ofYear = ofEra - (365 * year + int(year / 4) - int(year / 100))
      month = int((5 * ofYear + 2) / 153)
      day = ofYear - int((153 * month + 2) / 5) + 1
      month += month < 10 ? 3 : -9
      year += era * 400 + (month <= 2 ? 1 : 0)
      return sprintf("%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day, \
        int(clock / 3600), int(clock / 60) % 60, clock % 60)
    }
    { sub(/\r$/, "") }
    !inBody && /^$/ { inBody = 1; next }
    !inBody && tolower($0) ~ /^metadata-flavor:/ && /:[ \t]*Google[ \t]*$/ { google = 1 }
    inBody && !/^[ \t]*$/ { gsub(/^[ \t]+|[ \t]+$/, ""); token = token == "" ? $0 : token " " $0 }
    END {
      if (!google || token !~ /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/) exit 1
      split(token, part, ".")
      claims = decoded(part[2])
      if (claims !~ /^[{]/ || !match(claims, /"exp" *: *[0-9]+ *[,}]/)) exit 1
      end = substr(claims, RSTART, RLENGTH)
      gsub(/[^0-9]/, "", end)
      if (length(end) > 12 || end + 0 > 253402300799) exit 1
      if (end + 0 <= now + 0) { print iso(end + 0); exit 3 }
      printf "{\"Version\":1,\"AccessKeyId\":\"fedbridge\",\"SecretAccessKey\":\"not-a-secret\",\"SessionToken\":\"%s\",\"Expiration\":\"%s\"}", \
        token, iso(end + 0)
    }
  ' <<RESPONSE
$response
RESPONSE
)
case $? in
  0) ;;
  3) fail 'identity token' "must still be valid, but expired at $credentials" "Correct this machine's clock." ;;
  *)
    fail 'metadata server' 'must respond with an ID token, but responded with something else' \
      'Check which server listens at GCE_METADATA_HOST.'
    ;;
esac

# Expiration is exactly the token's own expiry: see src/cli/caller-credentials.ts.
cat <<CREDENTIALS
$credentials
CREDENTIALS
