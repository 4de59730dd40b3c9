#!/usr/bin/env bash
# Fills a directory with what docker-compose.yml reads as secrets; what is there already is kept.
# usage: docs/deploy/make-secrets.sh /srv/patella/secrets 'smtp+starttls://user:password@mail.example.org:587'
set -euo pipefail

directory=${1:?name the directory to fill}
email_url=${2:?name the mail server: smtp+starttls://user:password@host:587}

# The directory is closed; the files in it can be read by whichever account a container runs under.
mkdir -p "$directory"
chmod 700 "$directory"

keep() { # name, value
    if [ ! -e "$directory/$1" ]; then
        printf '%s' "$2" > "$directory/$1"
        chmod 444 "$directory/$1"
        echo "made $1"
    fi
}
random() { head -c 48 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n='; }

keep secret_key "$(random)"
keep secret_key_fallbacks ""
keep link_secret "$(random)"
keep metrics_token "$(random)"
keep database_password "$(random)"
keep database_url "postgresql://patella:$(cat "$directory/database_password")@postgres:5432/patella"
keep email_url "$email_url"
keep sms_gateway_token "${SMS_GATEWAY_TOKEN:-}"
