#!/bin/sh
# A caller's Google ID token as the AWS SDKs' credential_process wants it: `fedbridge caller-credentials` for machines without Node.
#
#   caller-credentials.sh --audience URL
#
# In ~/.aws/config:  credential_process = /usr/local/bin/caller-credentials.sh --audience URL
#
# Asks the metadata server of this machine (GCE_METADATA_IP or GCE_METADATA_HOST name another) for a token for URL. Prints the
# credentials on standard output and nothing else there; errors go to standard error. Exit codes: 0, credentials; 1, no token; 2, wrong
# usage. Needs a POSIX shell, awk, date and curl. The token is never an argument of a process: arguments are for all to see.
set -u
LC_ALL=C
export LC_ALL

usage() {
  cat >&2 <<'USAGE'
caller-credentials.sh: --audience: must be given, and nothing else. Its value is the audience that the bridge's operator chose.
Usage: caller-credentials.sh --audience URL

Prints credentials for S3 clients, whose session token is a Google ID token of this machine for URL.
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
  command -v "$tool" >/dev/null 2>&1 || fail "$tool" 'must be installed, and is not' 'Install it.'
done

# As gcp-metadata reads them: with or without a scheme, and whatever path follows is dropped.
host=${GCE_METADATA_IP:-${GCE_METADATA_HOST:-169.254.169.254}}
case $host in http://* | https://*) ;; *) host=http://$host ;; esac
authority=${host#*://}
url=${host%%://*}://${authority%%/*}/computeMetadata/v1/instance/service-accounts/default/identity

# Headers and body. -q: no .curlrc; no proxy, which is another machine and has another identity; curl escapes the audience.
# format=full, as the standard format carries no e-mail on Cloud Run.
ask() {
  curl -q --silent --include --get --max-time 5 --noproxy '*' --proto '=http,https' \
    --header 'Metadata-Flavor: Google' \
    --data-urlencode "audience=$audience" --data 'format=full' "$url" 2>/dev/null
}

# The server's own hiccups (429, 5xx, not up yet) take a few seconds to retry; one that hangs has had its time.
for pause in 1 2 0; do
  answer=$(ask)
  result=$?
  status=
  if [ "$result" -eq 0 ]; then
    status=${answer#* }
    status=${status%%[!0-9]*}
  fi
  case $result,$status in
    28, | 0,2?? | 0,3?? | 0,400 | 0,401 | 0,403 | 0,404) break ;;
  esac
  [ "$pause" -eq 0 ] || sleep "$pause"
done

off_google_cloud='Off Google Cloud there is none: impersonate a service account, as docs/clients.md says.'
if [ "$result" -eq 28 ]; then
  fail 'metadata server' 'must answer within 5 s, and did not' \
    "Try again; if it lasts, restart the machine. $off_google_cloud"
elif [ "$result" -ne 0 ]; then
  fail 'metadata server' 'must be reachable, and is not' \
    "On Google Cloud check GCE_METADATA_HOST. $off_google_cloud"
elif [ "$status" = 404 ]; then
  fail 'metadata server' 'must know a service account, and knows none' \
    'Attach one to this machine or service; on GKE, link the Kubernetes service account to one.'
elif [ "$status" != 200 ]; then
  fail 'metadata server' "must answer with status 200, and answered with ${status:-none}" \
    'Try again; if it lasts, check GCE_METADATA_HOST.'
fi

# One awk program reads the answer, the end of the token and the calendar: base64 and `date -d` differ from system to system.
# A string of the claims cannot be taken for "exp": a quote inside it has a backslash before it.
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
    # Days since 1970 as a date of the Gregorian calendar, counted in eras of 400 years that begin in March.
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
  ' <<ANSWER
$answer
ANSWER
)
case $? in
  0) ;;
  3) fail 'identity token' "must still be valid, and ended at $credentials" "Set this machine's clock." ;;
  *)
    fail 'metadata server' 'must answer with an ID token, and answered with something else' \
      'Check GCE_METADATA_HOST: is something else listening there?'
    ;;
esac

# Expiration is the end of the token, neither earlier nor later: see src/cli/caller-credentials.ts.
cat <<CREDENTIALS
$credentials
CREDENTIALS
