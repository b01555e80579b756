# syntax=docker/dockerfile:1

# Compiles. No package's script runs: on this Node the SQLite driver comes with its binary (docs/decisions/0006).
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY .ci ./.ci
COPY src ./src
COPY connectors ./connectors
COPY config ./config
RUN npm run build

# What runs, without what only builds and tests.
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# An optional peer of a library, which only its build plugin asks for.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/typescript node_modules/.bin/tsc node_modules/.bin/tsserver

FROM node:24-slim
LABEL org.opencontainers.image.title="Lockstep" \
      org.opencontainers.image.description="Keeps every system that knows an IT asset in lockstep with one canonical record of it." \
      org.opencontainers.image.licenses="Apache-2.0"
# tini reaps children and hands signals on; the package managers have no work in a running image.
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn*
ENV NODE_ENV=production
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The database's place: the only one that is written to. Mount a volume here, and lockstep.yaml beside it.
RUN install -d -o 10001 -g 10001 /data
WORKDIR /data
VOLUME /data
USER 10001:10001
# Asks the service on its own port, as lockstep.yaml says; a container that runs a single command is over before it matters.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["node", "/app/dist/src/cli.js", "doctor", "--live"]
ENTRYPOINT ["tini", "--", "node", "/app/dist/src/cli.js"]
# The service; any other command can be given in its place. To be reached from outside the container it needs `server: { host: 0.0.0.0 }`.
CMD ["serve"]
