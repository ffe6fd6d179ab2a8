/** What an image of a database is made of: packages of this machine's Debian, and what is set and started. */
export interface DatabaseRecipe {
  readonly packages: readonly string[];
  /** The user that the server runs as, and its number. */
  readonly user: string;
  /** Left out of what was unpacked. */
  readonly without: readonly string[];
  /** The script that a container begins with. */
  readonly entrypoint: string;
  /** `CMD`, `ENV`, `VOLUME` …, as in a Dockerfile. */
  readonly changes: readonly string[];
}

export type DatabaseKind = 'postgres' | 'mariadb' | 'redis';

/** What a shell script and our own dumps need. */
const basis = ['dash', 'coreutils', 'findutils', 'grep', 'sed', 'util-linux', 'libc-bin', 'hostname'];

/** As the official images begin: their folder is given to the server's user, and the rest is done as that user. */
const asUser = (user: string, folders: string): string => `#!/bin/sh
set -e
if [ "$(id -u)" = 0 ]; then
  mkdir -p ${folders}
  find ${folders} ! -user ${user} -exec chown ${user}:${user} {} +
  exec setpriv --reuid=${user} --regid=${user} --clear-groups "$0" "$@"
fi
`;

/** While the first server is there, as the official ones do: it takes as long as it takes. */
const scripts = 'for script in /docker-entrypoint-initdb.d/*.sh; do if [ -f "$script" ]; then sh "$script"; fi; done';

export const databaseRecipes: Readonly<Record<DatabaseKind, DatabaseRecipe>> = {
  postgres: {
    packages: [...basis, 'postgresql-15'],
    user: 'postgres',
    // Just-in-time compilation: a hundred megabytes that nobody misses.
    without: ['usr/lib/postgresql/15/lib/llvmjit*', 'usr/lib/postgresql/15/lib/bitcode', 'usr/share/postgresql/15/man'],
    entrypoint: `${asUser('postgres', '"$PGDATA" /run/postgresql')}
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "\${POSTGRES_PASSWORD:?has to be set}"
  user=\${POSTGRES_USER:-postgres}
  chmod 700 "$PGDATA"
  printf '%s\\n' "$POSTGRES_PASSWORD" > /tmp/password
  initdb --username="$user" --pwfile=/tmp/password --encoding=UTF8 --locale=C.UTF-8 --no-sync
  rm /tmp/password
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  # As the official ones: a first server, on the socket only, that ends before the real one begins.
  pg_ctl --wait start --options="-c listen_addresses=''"
  if [ "\${POSTGRES_DB:-$user}" != postgres ]; then createdb --username="$user" "\${POSTGRES_DB:-$user}"; fi
  ${scripts}
  pg_ctl --wait --mode=fast stop
fi
exec "$@" -c 'listen_addresses=*'
`,
    changes: [
      'ENV PATH=/usr/lib/postgresql/15/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'ENV PGDATA=/var/lib/postgresql/data',
      'VOLUME /var/lib/postgresql/data',
      'EXPOSE 5432',
      'CMD ["postgres"]',
    ],
  },
  mariadb: {
    packages: [...basis, 'mariadb-server-core', 'mariadb-client'],
    user: 'mysql',
    without: ['usr/bin/mariadb-slap', 'usr/bin/mariadb-backup', 'usr/bin/innotop', 'usr/bin/mytop'],
    entrypoint: `${asUser('mysql', '/var/lib/mysql /run/mysqld')}
if [ ! -d /var/lib/mysql/mysql ]; then
  password=\${MARIADB_ROOT_PASSWORD:-\${MYSQL_ROOT_PASSWORD:?has to be set}}
  database=\${MARIADB_DATABASE:-$MYSQL_DATABASE}
  mariadb-install-db --datadir=/var/lib/mysql --skip-name-resolve --skip-test-db --auth-root-authentication-method=normal >/dev/null
  # As the official ones: a first server, on the socket only, that ends before the real one begins.
  "$@" --skip-networking & first=$!
  until mariadb --user=root --execute='SELECT 1' >/dev/null 2>&1; do sleep 0.2; done
  {
    if [ -n "$database" ]; then echo "CREATE DATABASE \\\`$database\\\`;"; fi
    echo "CREATE USER root@'%' IDENTIFIED BY '$password'; GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;"
    echo "ALTER USER root@localhost IDENTIFIED BY '$password'; DELETE FROM mysql.global_priv WHERE User = '';"
    echo 'FLUSH PRIVILEGES;'
  } | mariadb --user=root
  ${scripts}
  kill "$first"
  wait "$first"
fi
exec "$@"
`,
    changes: [
      'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin',
      'VOLUME /var/lib/mysql',
      'EXPOSE 3306',
      'CMD ["mariadbd", "--datadir=/var/lib/mysql", "--socket=/run/mysqld/mysqld.sock"]',
    ],
  },
  redis: {
    packages: [...basis, 'redis-server'],
    user: 'redis',
    without: ['usr/bin/redis-benchmark', 'etc/redis'],
    entrypoint: `${asUser('redis', '/data')}
exec "$@"
`,
    changes: [
      'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin',
      'WORKDIR /data',
      'VOLUME /data',
      'EXPOSE 6379',
      'CMD ["redis-server", "--protected-mode", "no"]',
    ],
  },
};
