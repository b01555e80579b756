export { createLogger, levelFrom, serviceLog, type AppLog, type LoggerOptions, type LogLevel } from './logger.js';
export { newErrorId } from './error-id.js';
