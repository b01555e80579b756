# syntax=docker/dockerfile:1

# Compiles. Its tools (python3, make, g++ for the SQLite driver where no prebuilt fits) stay here.
FROM node:24-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3 make g++ && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY .ci ./.ci
COPY src ./src
COPY connectors ./connectors
COPY config ./config
RUN npm run build

# What runs, without what only builds and tests.
FROM node:24-slim AS dependencies
RUN apt-get update && apt-get install -y --no-install-recommends python3 make g++ && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev

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
ENTRYPOINT ["tini", "--", "node", "/app/dist/src/cli.js"]
CMD ["--help"]
