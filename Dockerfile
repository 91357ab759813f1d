# One image for `syncline serve`, `syncline worker` and the operator's commands. docs/running.md says how to use it.
#
#   docker build --tag syncline .
#   docker run --init --publish 127.0.0.1:1234:1234 --volume syncline:/data --env SYNCLINE_AUTH_SECRET syncline
# Tried with Node.js 20, with which all tests are run, and 24, which still gets fixes.
ARG NODE=24

FROM node:${NODE}-bookworm-slim AS build
WORKDIR /src
COPY . .
RUN npx --yes pnpm@10.34.9 install --frozen-lockfile
RUN npm run build
# Only what the command needs, in the versions of the lockfile. Without the setting pnpm refuses, or with --legacy
# it chooses versions anew.
RUN npx --yes pnpm@10.34.9 --config.inject-workspace-packages=true --filter @syncline/cli deploy --prod /app

FROM node:${NODE}-bookworm-slim
ENV NODE_ENV=production
COPY --from=build /app /app
RUN ln -s /app/bin/syncline.js /usr/local/bin/syncline && mkdir /data && chown node:node /data
USER node
# Here is the default folder for documents, ./data, and here the server looks for syncline.config.mjs.
WORKDIR /
VOLUME /data
EXPOSE 1234
STOPSIGNAL SIGTERM
# /healthz says that the process lives. /readyz is 503 also while the database is away and while clients are sent away
# before a stop: a load balancer must ask that one, but whoever restarts what is unhealthy would only do harm.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:1234/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["syncline"]
# Without a key (SYNCLINE_AUTH_SECRET, for one) it says what to set, and ends.
CMD ["serve", "--host", "0.0.0.0"]
